import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../../dist/console/', import.meta.url))
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** A file of the built console, under the strictest policy that it has to bear. */
export async function consoleFile(path: string): Promise<Response> {
  const file = join(built, normalize(`/${path || 'index.html'}`))
  const text = await readFile(file).catch(() => undefined)
  if (text === undefined) return new Response(null, { status: 404 })
  const headers = { 'content-type': types[extname(file)] ?? 'text/plain', 'content-security-policy': policy }
  return new Response(new Uint8Array(text), { headers })
}
