import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { interruption } from '../interruption.js'
import { type ServingFlags, serveUntil, servingOptions } from '../serve/serving.js'

export const serveCommand = defineCommand<ServingFlags>({
  name: 'serve',
  summary: 'serve the views over HTTP, with a worker and the console, until it is stopped',
  description:
    'Serves views to PostgREST’s clients below /rest/v1, the API below /api, and the console at /console/; and runs the\n' +
    'worker beside, as `run` does. The option `http` of the configuration says where, and who may do what. Where it says\n' +
    'nothing of that, a token that holds for this run is printed. Ctrl-C or SIGTERM ends event streams, and lets answers and\n' +
    'refreshes in flight end; once more stops at once. With --json, each log line is a JSON document.',
  options: [...servingOptions, ['--no-worker', 'no worker: another process keeps the views fresh']],
  examples: [
    ['tidemark serve', 'on your own machine'],
    ['tidemark serve --host 0.0.0.0 --json', 'as a service'],
  ],
  run: async (session, { options }) => {
    await serveUntil(session, options, interruption(session.terminal))
    return exitCode.done
  },
})
