import { DeploymentNotes } from '../../http/deployment.js'
import { defineCommand } from '../command.js'
import { ownDatabase } from '../dev/ownDatabase.js'
import { problemsOf } from '../dev/problems.js'
import { type Outcome, reapply } from '../dev/reapply.js'
import { exitCode } from '../exitCode.js'
import { reportFailure } from '../failure.js'
import { interruption } from '../interruption.js'
import { type ServingFlags, serveUntil, servingOptions } from '../serve/serving.js'
import { showApplied } from '../show/applied.js'
import { showChanges } from '../show/changes.js'
import type { Terminal } from '../terminal.js'

export const devCommand = defineCommand<Omit<ServingFlags, 'worker'> & { schema?: string[] }>({
  name: 'dev',
  summary: 'serve, and apply the configuration whenever it is saved',
  description:
    'Does what `serve` does, and applies the configuration at the start and whenever it, or a query, is saved. What is wrong\n' +
    'is told, and what is deployed stays. Without a database it starts a PostgreSQL of its own, prints its address, and throws\n' +
    'it away at the end; --schema fills it. On a database of yours nothing is dropped: `tidemark apply` does that, and asks.',
  options: [
    ...servingOptions,
    ['--schema <file...>', 'SQL to run in the PostgreSQL of its own before anything else: tables and rows'],
  ],
  examples: [
    ['tidemark dev --schema schema.sql', 'with nothing but the configuration and your tables'],
    ['tidemark dev --database postgres://localhost/app', 'on a database that you have'],
  ],
  run: async (session, { options }) => {
    const { terminal } = session
    const loaded = await session.config()
    const stop = interruption(terminal)
    const own = await ownDatabase(session, options.schema ?? [])
    const ended = new AbortController()
    const deployment = new DeploymentNotes()
    const until = AbortSignal.any([stop, ended.signal])
    try {
      const database = await own.session.openAnotherPool(4)
      let { views } = loaded
      let begin: () => void = () => undefined
      const tried = new Promise<void>((resolve) => {
        begin = resolve
      })
      const applying = reapply({
        loaded,
        database,
        mayLose: own.isOwn,
        signal: until,
        onChange: (files) => terminal.note(`\nSaved: ${files.join(', ')}`),
        onOutcome: (outcome) => {
          views = outcome.views
          tell(outcome, terminal)
          deployment.note(problemsOf(outcome))
          begin()
        },
      })
      applying.finally(begin).catch(() => undefined)
      // Not before something is deployed, or cannot be: there would be nothing to serve, and warnings that say so.
      const serving = tried.then(async () => {
        if (until.aborted) return
        await serveUntil(own.session, { ...options, worker: true }, until, () => views, deployment)
      })
      // Whichever ends, by what is thrown or otherwise, ends the other.
      for (const work of [applying, serving]) work.finally(() => ended.abort()).catch(() => undefined)
      await Promise.all([applying, serving])
    } finally {
      ended.abort()
      await own.close()
    }
    return exitCode.done
  },
})

function tell(outcome: Outcome, terminal: Terminal): void {
  if (outcome.kind === 'applied') terminal.note(showApplied(outcome.applied, terminal))
  else if (outcome.kind === 'failed') {
    reportFailure(outcome.error, { ...terminal, json: false }, outcome.views)
    terminal.note('What is deployed stays as it is. It is tried again when you save, and every two seconds.')
  } else {
    terminal.note(showChanges(outcome.changes, terminal))
    terminal.note('Something would be lost, so that nothing was changed: `tidemark apply` does it.')
  }
}
