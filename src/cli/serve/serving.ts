import { withRedisUrl } from '../../define/redis-url.js'
import { consoleDirectory } from '../../http/console.js'
import type { DeploymentNotes } from '../../http/deployment.js'
import { makeHandler } from '../../http/handler.js'
import { LongWork } from '../../http/longWork.js'
import { TidemarkError } from '../../protocol/errors.js'
import type { ConfiguredViews } from '../../read/index.js'
import { aborted } from '../../worker/aborted.js'
import { endsWithin } from '../../worker/endsWithin.js'
import { startConfiguredWorker } from '../runWorker.js'
import type { Session } from '../session.js'
import { workerLog } from '../workerLog.js'
import { announce } from './announce.js'
import { hostRules } from './hostRules.js'
import { LimitedPool } from './limitedPool.js'
import { listenOn } from './listen.js'
import { passFor } from './passFor.js'

/** What the commands that serve take. */
export interface ServingFlags {
  readonly port?: string
  readonly host?: string
  readonly worker: boolean
  readonly verbose?: boolean
}

export const servingOptions: readonly (readonly [string, string])[] = [
  ['-p, --port <port>', 'port to listen on (default: of the configuration, 8432); 0: any that is free'],
  ['--host <host>', 'address to listen on (default: of the configuration, 127.0.0.1)'],
  ['-v, --verbose', 'log every refresh'],
]

/** How long answers in flight are waited for. */
const patienceMs = 5_000

/** After so long, what requests have the database do is cancelled, while there is somebody left to be told. */
const workPatienceMs = 4_000

/** How long what was cancelled is given to roll back. */
const undoMs = 2_000

/**
 * Serves, with a worker beside where that is wanted, until `stop` ends.
 * @param views those that are configured at the moment. Default: those that were at the start.
 */
export async function serveUntil(
  session: Session,
  flags: ServingFlags,
  stop: AbortSignal,
  views: ConfiguredViews = () => session.views,
  deployment?: DeploymentNotes,
): Promise<void> {
  const { terminal } = session
  const { http } = await session.configOrDefaults()
  const cache = withRedisUrl(http.cache)
  const { url } = await session.databaseUrl()
  const port = portOf(flags.port) ?? http.port
  const host = flags.host ?? http.host
  const log = workerLog(terminal, flags.verbose === true)
  const database = await LimitedPool.open(session, http.connections, http.limits.statementTimeoutMs)
  const { rules, token } = passFor(http.access)
  const worker = flags.worker ? await startConfiguredWorker(session, log, stop) : undefined
  const work = new LongWork(await session.openAnotherPool(1))
  const told = { worker, log, views, deployment, work }
  const means = { database, listen: url, console: http.console, reader: undefined, ...told }
  const hosts = await hostRules(http.hosts, host)
  const handler = makeHandler({ ...http, cache, hosts, access: rules }, means)
  try {
    const server = await listenOn(handler, host, port)
    const at = `${server.url}${http.basePath}`
    const page = http.console && consoleDirectory() !== null ? `${at}/console/` : null
    log.info({ url: at, ...(page === null ? {} : { console: page }) }, 'serving')
    announce({ url: at, console: page, token }, terminal)
    await aborted(stop)
    await handler.close()
    const closed = server.close(patienceMs)
    await endsWithin(closed, workPatienceMs)
    await Promise.all([closed, work.end(undoMs)])
  } finally {
    await handler.close()
    await worker?.stop()
  }
}

function portOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (/^\d{1,5}$/.test(given) && Number(given) < 65_536) return Number(given)
  throw new TidemarkError('USAGE_INVALID', `"${given}" is not a port.`, { hint: 'A port is a number from 0 to 65535.' })
}
