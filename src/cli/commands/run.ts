import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { interruption } from '../interruption.js'
import { startConfiguredWorker } from '../runWorker.js'
import { workerLog } from '../workerLog.js'

export const runCommand = defineCommand<{ verbose?: boolean }>({
  name: 'run',
  summary: 'keep the views fresh: the worker, until it is stopped',
  description:
    'Runs the worker: refreshes each deployed view when its freshness, its schedule or a change asks for it. Several\n' +
    'may run. Ctrl-C or SIGTERM lets refreshes in flight end; once more stops at once. While the database is away, it\n' +
    'waits. Log lines go to standard output; with --json, each is a JSON document. Without a configuration, worker\n' +
    'and alerts have their defaults; when views are refreshed is in the database.',
  options: [['-v, --verbose', 'log every refresh']],
  examples: [
    ['tidemark run', 'on your terminal'],
    ['tidemark run --json', 'as a service, for whatever collects its logs'],
  ],
  run: async (session, { options }) => {
    const log = workerLog(session.terminal, options.verbose === true)
    await (await startConfiguredWorker(session, log, interruption(session.terminal))).done
    return exitCode.done
  },
})
