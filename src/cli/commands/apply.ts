import { applyDeployment, planDeployment } from '../../deploy/index.js'
import { defineCommand } from '../command.js'
import { confirmed } from '../confirm.js'
import { exitCode } from '../exitCode.js'
import { showProgress } from '../progress.js'
import { showApplied } from '../show/applied.js'
import { showPlan } from '../show/changes.js'

export const applyCommand = defineCommand<{ yes?: boolean }>({
  name: 'apply',
  summary: 'make the database agree with the configuration',
  description:
    'Makes the database agree with the configuration: creates, rebuilds and drops views. Readers never see a view\n' +
    'missing; views that did not change are left alone. Running it again changes nothing.',
  options: [['-y, --yes', 'do not ask before something is dropped']],
  examples: [
    ['tidemark apply', 'shows the plan, asks before anything is dropped, and goes'],
    ['tidemark apply --yes --json', 'in a deployment script'],
  ],
  run: async (session, { options }) => {
    const { terminal } = session
    const { views } = await session.config()
    const database = await session.database()
    if (!terminal.json) {
      const { changes } = await planDeployment(database, views)
      terminal.result(`${showPlan(changes, terminal)}\n`)
      const loses = changes.some((change) => change.destructive)
      if (loses && options.yes !== true && !(await confirmed(terminal, 'Apply this, drops included?'))) {
        terminal.note('Nothing was changed.')
        return exitCode.bad
      }
    }
    const applied = await applyDeployment(database, views, { onProgress: showProgress(terminal) })
    session.print(applied, () => showApplied(applied, terminal))
    return exitCode.done
  },
})
