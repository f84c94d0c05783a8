import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answering, nodeListener } from '../../http/node.js'
import { TidemarkError } from '../../protocol/errors.js'
import { expectShortLives } from './memory.js'

export interface Listening {
  /** Without a path. */
  readonly url: string
  /** Lets requests end that are being answered, for a while. */
  close(patienceMs: number): Promise<void>
}

/** @throws TidemarkError ADDRESS_TAKEN. */
export async function listenOn(handler: Answering, host: string, port: number): Promise<Listening> {
  expectShortLives()
  // Who speaks HTTP/1.0, as some that look whether it is well, need not name a host.
  const hostname = shownHost(host)
  const server = createServer(nodeListener(handler, { overrideGlobalObjects: true, hostname }))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new TidemarkError('ADDRESS_TAKEN', `${host}:${port} is not to be had: ${error.code ?? error.message}.`, {
          hint: 'Choose another address with --port and --host.',
          cause: error,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
  const { port: chosen } = server.address() as AddressInfo
  return { url: `http://${shownHost(host)}:${chosen}`, close: (patienceMs) => closeServer(server, patienceMs) }
}

async function closeServer(server: Server, patienceMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), patienceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}

/** All addresses of a machine are none that a browser could open. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
