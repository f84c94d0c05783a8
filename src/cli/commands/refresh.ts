import { defineCommand } from '../command.js'
import { chooseDeployed } from '../deployedViews.js'
import { exitCode } from '../exitCode.js'
import { interruption } from '../interruption.js'
import { refreshInOrder } from '../refreshInOrder.js'
import { showRefreshes } from '../show/refreshes.js'

export const refreshCommand = defineCommand<{ full?: boolean }>({
  name: 'refresh',
  summary: 'refresh views now',
  description:
    'Refreshes views now, those first that others read. A view that a worker refreshes at this moment is skipped.\n' +
    'Needs no configuration when the database is named by --database or the environment.',
  views: 'views to refresh; all that are deployed when none is named',
  options: [['--full', 'recompute everything, and mend what differs']],
  examples: [
    ['tidemark refresh', 'every view, as far as something changed'],
    ['tidemark refresh mv_sales --full', 'one view, from scratch; its readers see no gap'],
  ],
  run: async (session, { views: names, options }) => {
    const database = await session.database({ handlesInterrupts: true })
    const chosen = await chooseDeployed(database, names)
    const signal = interruption(session.terminal)
    const results = await refreshInOrder(database, chosen, { full: options.full === true, signal }, session.terminal)
    session.print(results, () => showRefreshes(results, session.terminal))
    return results.some((result) => result.mode === 'failed') ? exitCode.bad : exitCode.done
  },
})
