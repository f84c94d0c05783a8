import { defineCommand } from '../command.js'
import { chooseDeployed } from '../deployedViews.js'
import { exitCode } from '../exitCode.js'
import { showStatus } from '../show/status.js'
import { readStatusOf, watchStatus } from '../watchStatus.js'

export const statusCommand = defineCommand<{ watch?: boolean }>({
  name: 'status',
  summary: 'how fresh each view is',
  description:
    'Shows for each deployed view its state, how old its contents are and what is pending.\n' +
    'Needs no configuration when the database is named by --database or the environment.',
  views: 'views to show; all that are deployed when none is named',
  options: [['-w, --watch', 'show it again every second, until Ctrl-C']],
  examples: [
    ['tidemark status', 'every view'],
    ['tidemark status --watch', 'a live table'],
  ],
  run: async (session, { views: names, options }) => {
    const database = await session.database({ handlesInterrupts: options.watch === true })
    if (options.watch === true) return watchStatus(database, names, session.terminal)
    const statuses = await readStatusOf(database, await chooseDeployed(database, names))
    session.print(statuses, () => showStatus(statuses, session.terminal))
    return exitCode.done
  },
})
