import type { NormalisedView } from '../../define/types.js'
import { type Explained, explainAll } from '../../deploy/index.js'
import { together } from '../../protocol/errors.js'
import { chooseViews } from '../choose.js'
import { defineCommand } from '../command.js'
import { type ExitCode, exitCode } from '../exitCode.js'
import { reportFailure } from '../failure.js'
import { printable } from '../format.js'
import type { Session } from '../session.js'
import { explanationsOf, namesOf, showExplanations } from '../show/explanation.js'

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'how each view is maintained, and why not better',
  description:
    'Tells for each configured view how the changes of each table it reads are followed: by slices, or by recomputing\n' +
    'the whole view, with the reason, where in the query that is, and what to write instead. Advises indexes. Nothing\n' +
    'need be deployed.',
  views: 'views to explain; all of the configuration when none is named',
  examples: [
    ['tidemark explain', 'every view'],
    ['tidemark explain mv_sales --json', 'one view, for a program'],
  ],
  run: async (session, { views: names }) => {
    const { views } = await session.config()
    const chosen = chooseViews(views, names, 'configured')
    const database = await session.database()
    return tell(session, await explainAll(database, views), chosen)
  },
})

/** The views that can be explained, and then what is wrong with the others. */
function tell(session: Session, all: Explained, chosen: readonly NormalisedView[]): ExitCode {
  const { terminal, views } = session
  const explained = explanationsOf(chosen, all.explanations)
  const names = namesOf(chosen)
  const waiting = all.waiting.filter(({ view }) => names.has(view))
  const concerned = new Set([...names, ...waiting.map((view) => view.for)])
  const [problem, ...others] = all.problems.filter(({ view }) => view === undefined || concerned.has(view))
  if (problem === undefined) {
    session.print(explained, () => showExplanations(explained, views, terminal))
    return exitCode.done
  }
  if (!terminal.json && explained.length > 0) terminal.result(`${showExplanations(explained, views, terminal)}\n`)
  const besides = { ...(explained.length > 0 ? { explained } : {}), ...(waiting.length > 0 ? { waiting } : {}) }
  reportFailure(together([problem, ...others]), terminal, views, besides)
  for (const view of waiting) {
    terminal.note(`\n${printable(view.view)} is explained when ${printable(view.for)}, which it reads, is mended.`)
  }
  return exitCode.wrong
}
