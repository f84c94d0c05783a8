import { explainViews, planDeployment } from '../../deploy/index.js'
import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { showPlan } from '../show/changes.js'
import { showWarning } from '../show/explanation.js'
import { rejectionsOf, showRejections } from '../show/rejections.js'

export const planCommand = defineCommand<{ strict?: boolean }>({
  name: 'plan',
  summary: 'show what apply would change',
  description: 'Shows what `tidemark apply` would change in the database. Changes nothing.',
  options: [['--strict', 'exit 1 when a view is not incremental, and say why']],
  examples: [
    ['tidemark plan', 'what differs between configuration and database'],
    ['tidemark plan --strict --json', 'in CI: fails when a view would be recomputed whole'],
  ],
  run: async (session, { options }) => {
    const { views } = await session.config()
    const database = await session.database()
    const { changes, warnings } = await planDeployment(database, views)
    const { terminal } = session
    const plan = { changes, ...(warnings.length > 0 ? { warnings } : {}) }
    const shown = (): string =>
      [showPlan(changes, terminal), ...warnings.map((warning) => showWarning(warning, views, terminal))].join('\n\n')
    if (options.strict !== true) {
      session.print(plan, shown)
      return exitCode.done
    }
    const rejections = rejectionsOf(await explainViews(database, views))
    session.print({ ...plan, rejections }, () => [shown(), showRejections(rejections, terminal)].join('\n\n'))
    return rejections.length > 0 ? exitCode.bad : exitCode.done
  },
})
