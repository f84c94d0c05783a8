import { defineCommand } from '../command.js'
import { chooseDeployed } from '../deployedViews.js'
import { exitCode } from '../exitCode.js'
import { showVerifications } from '../show/verifications.js'
import { isBad, verifyAll } from '../verifyAll.js'

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'compare kept rows with the query',
  description:
    'Brings each view up to one snapshot and compares its rows with its query at that snapshot. Exit 1 when they differ.\n' +
    'Computes each query once, in full; nobody is blocked. Needs no configuration when the database is named.',
  views: 'views to verify; all that are deployed when none is named',
  examples: [
    ['tidemark verify', 'every view'],
    ['tidemark verify mv_sales --json', 'one view, for a program'],
  ],
  run: async (session, { views: names }) => {
    const database = await session.database()
    const chosen = await chooseDeployed(database, names)
    const results = await verifyAll(database, chosen, session)
    session.print(results, () => showVerifications(results, session.terminal))
    return results.some(isBad) ? exitCode.bad : exitCode.done
  },
})
