import { explainViews } from '../../deploy/index.js'
import { chooseViews } from '../choose.js'
import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { explanationsOf, showExplanations } from '../show/explanation.js'

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'how each view is maintained, and why not better',
  description:
    'Tells for each configured view how the changes of each table it reads are followed: by slices, or by recomputing\n' +
    'the whole view, with the reason. Advises indexes. Nothing need be deployed.',
  views: 'views to explain; all of the configuration when none is named',
  examples: [
    ['tidemark explain', 'every view'],
    ['tidemark explain mv_sales --json', 'one view, for a program'],
  ],
  run: async (session, { views: names }) => {
    const { views } = await session.config()
    const chosen = chooseViews(views, names, 'configured')
    const database = await session.database()
    const explained = explanationsOf(chosen, await explainViews(database, views))
    session.print(explained, () => showExplanations(explained, views, session.terminal))
    return exitCode.done
  },
})
