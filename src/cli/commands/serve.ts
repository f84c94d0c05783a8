import { consoleDirectory } from '../../http/console.js'
import { makeHandler } from '../../http/handler.js'
import { TidemarkError } from '../../protocol/errors.js'
import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { interruption } from '../interruption.js'
import { startConfiguredWorker } from '../runWorker.js'
import { listenOn } from '../serve/listen.js'
import { passFor } from '../serve/passFor.js'
import { workerLog } from '../workerLog.js'

/** How long answers in flight are waited for. */
const patienceMs = 5_000

export const serveCommand = defineCommand<{ port?: string; host?: string; worker: boolean; verbose?: boolean }>({
  name: 'serve',
  summary: 'serve the views over HTTP, with a worker and the console, until it is stopped',
  description:
    'Serves views to PostgREST’s clients below /rest/v1, the API below /api, and the console at /console/; and runs the\n' +
    'worker beside, as `run` does. The option `http` of the configuration says where, and who may do what. Where it says\n' +
    'nothing of that, a token that holds for this run is printed. Ctrl-C or SIGTERM ends event streams, and lets answers and\n' +
    'refreshes in flight end; once more stops at once. With --json, each log line is a JSON document.',
  options: [
    ['-p, --port <port>', 'port to listen on (default: of the configuration, 8432); 0: any that is free'],
    ['--host <host>', 'address to listen on (default: of the configuration, 127.0.0.1)'],
    ['--no-worker', 'no worker: another process keeps the views fresh'],
    ['-v, --verbose', 'log every refresh'],
  ],
  examples: [
    ['tidemark serve', 'on your own machine'],
    ['tidemark serve --host 0.0.0.0 --json', 'as a service'],
  ],
  run: async (session, { options }) => {
    const { terminal } = session
    const { http } = await session.configOrDefaults()
    const { url } = await session.databaseUrl()
    const port = portOf(options.port) ?? http.port
    const log = workerLog(terminal, options.verbose === true)
    const database = await session.openAnotherPool(http.connections)
    const { rules, token } = passFor(http.access)
    const stop = interruption(terminal)
    const worker = options.worker ? await startConfiguredWorker(session, log, stop) : undefined
    const means = { database, listen: url, worker, log, console: http.console, reader: undefined }
    const handler = makeHandler({ ...http, access: rules }, means)
    try {
      const server = await listenOn(handler, options.host ?? http.host, port)
      const at = `${server.url}${http.basePath}`
      log.info({ url: at, ...(hasConsole(http.console) ? { console: `${at}/console/` } : {}) }, 'serving')
      if (token !== null) terminal.note(`Nobody is named in http.access. A token for everything, in this run: ${token}`)
      await aborted(stop)
      await handler.close()
      await server.close(patienceMs)
    } finally {
      await handler.close()
      await worker?.stop()
    }
    return exitCode.done
  },
})

function hasConsole(wanted: boolean): boolean {
  return wanted && consoleDirectory() !== null
}

function portOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (/^\d{1,5}$/.test(given) && Number(given) < 65_536) return Number(given)
  throw new TidemarkError('USAGE_INVALID', `"${given}" is not a port.`, { hint: 'A port is a number from 0 to 65535.' })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
