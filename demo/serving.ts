import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { type ArenaServer, serveArena } from '../examples/arena/app/serve.js'
import { TidemarkError } from '../src/protocol/errors.js'
import type { Cleanup } from './cleanup.js'

/** Of `tidemark serve`, too. */
const usualPort = 8432

/** Serves dashboard and console. A port that was asked for is that one; else any does if the usual one is taken. */
export async function startServing(databaseUrl: string, port: number | null, cleanup: Cleanup): Promise<ArenaServer> {
  const token = randomBytes(18).toString('base64url')
  const server = await serveArena({ databaseUrl, token, port: port ?? usualPort }).catch((error: unknown) => {
    if (port !== null || !(error instanceof TidemarkError) || error.code !== 'ADDRESS_TAKEN') throw error
    return serveArena({ databaseUrl, token, port: 0 })
  })
  cleanup.add(() => server.close())
  return server
}

/** @throws TidemarkError ADDRESS_TAKEN. */
export async function requirePort(port: number): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `Port ${port} is not to be had: ${error.code ?? error.message}.`
      const hint = 'Choose another one, or leave --port out: then any that is free is taken.'
      reject(new TidemarkError('ADDRESS_TAKEN', message, { hint, cause: error }))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** With whatever opens addresses on this system. Where there is nothing, the address is in the terminal. */
export function openInBrowser(address: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open'
  const child = spawn(command, [address], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
