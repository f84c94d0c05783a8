import { dropDeployment } from '../../deploy/index.js'
import { fullName } from '../choose.js'
import { defineCommand } from '../command.js'
import { confirmed } from '../confirm.js'
import { chooseDeployed } from '../deployedViews.js'
import { exitCode } from '../exitCode.js'
import { showDropped, whatToDrop } from '../show/dropped.js'

export const dropCommand = defineCommand<{ yes?: boolean }>({
  name: 'drop',
  summary: 'remove what apply made',
  description:
    'Removes deployed views and what keeps them fresh, and leaves the base tables as they were. Without a name, removes\n' +
    'everything that Tidemark made in the database. Materialized views that were adopted stay, with their rows.',
  views: 'views to drop; everything, the catalog included, when none is named',
  options: [['-y, --yes', 'do not ask']],
  examples: [
    ['tidemark drop mv_sales', 'one view'],
    ['tidemark drop --yes', 'everything, without a question'],
  ],
  run: async (session, { views: names, options }) => {
    const { terminal } = session
    const database = await session.database()
    const chosen = await chooseDeployed(database, names)
    const everything = names.length === 0
    if (options.yes !== true && !(await confirmed(terminal, whatToDrop(chosen, everything)))) {
      terminal.note('Nothing was changed.')
      return exitCode.bad
    }
    const dropped = await dropDeployment(database, everything ? {} : { views: chosen.map(fullName) })
    session.print(dropped, () => showDropped(dropped.changes, everything, terminal))
    return exitCode.done
  },
})
