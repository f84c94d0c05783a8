import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { Hono } from 'hono'
import { Problem } from './problem.js'

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly tag: string
  /** Its name changes with what is in it. */
  readonly lasting: boolean
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Nothing but its own files runs or is loaded, and it talks to this server alone. Its components set styles of elements. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A built page at `/<name>/`, from memory: only what is in its directory has an address. */
export function staticPage(name: string, directory: string): Hono {
  let reading: Promise<ReadonlyMap<string, StaticFile>> | undefined
  const app = new Hono({ strict: true })
  app.get(`/${name}/*`, async (c) => {
    const { pathname } = new URL(c.req.url)
    // Its files are named relative to it, wherever it is mounted. Told by the address itself: the app around it may take
    // both for the same.
    if (pathname.endsWith(`/${name}`)) return new Response(null, { status: 308, headers: { location: `${name}/` } })
    reading ??= readFiles(directory)
    const path = pathname.slice(pathname.indexOf(`/${name}/`) + name.length + 2)
    const file = (await reading).get(path === '' ? 'index.html' : path)
    if (file === undefined) throw new Problem('NOT_FOUND', 'There is nothing at this address.')
    return fileResponse(file, c.req.header('if-none-match'))
  })
  return app
}

function fileResponse({ bytes, type, tag, lasting }: StaticFile, known: string | undefined): Response {
  const headers = {
    etag: tag,
    'cache-control': lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': policy,
  }
  if (known === tag) return new Response(null, { status: 304, headers })
  return new Response(bytes, { headers: { ...headers, 'content-type': type } })
}

async function readFiles(directory: string): Promise<ReadonlyMap<string, StaticFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return new Map(
    await Promise.all(
      files.map(async (entry): Promise<[string, StaticFile]> => {
        const path = join(entry.parentPath, entry.name)
        const name = path.slice(join(directory, sep).length).split(sep).join('/')
        const bytes = new Uint8Array(await readFile(path))
        const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
        return [
          name,
          { bytes, type: types[extname(name)] ?? 'application/octet-stream', tag, lasting: name.startsWith('assets/') },
        ]
      }),
    ),
  )
}
