import { createHash } from 'node:crypto'

/** PostgreSQL cuts names at 63 bytes. */
const longest = 63

/** A name that fits beside its suffix; one that is too long keeps its beginning and ends with a hash of all of it. */
export function fitName(name: string, suffix = ''): string {
  const room = longest - Buffer.byteLength(suffix)
  if (Buffer.byteLength(name) <= room) return name + suffix
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 10)
  let start = name
  while (Buffer.byteLength(start) > room - hash.length - 1) start = Array.from(start).slice(0, -1).join('')
  return `${start}_${hash}${suffix}`
}

/** What stands for a table in Tidemark's own schemas: its name, with its schema when that is not `public`. */
export function flatName(schema: string, name: string): string {
  if (schema !== 'public') return `${schema}.${name}`
  // A dot in the name could be taken for a schema; the hash of it tells the two apart.
  return name.includes('.') ? `${name}_${createHash('sha256').update(name).digest('hex').slice(0, 10)}` : name
}

/** Table in tidemark_data that keeps a view's rows. Leaves room for `~new` behind it. */
export function storageName(schema: string, name: string): string {
  return fitName(fitName(flatName(schema, name), '~new').replace(/~new$/, ''))
}

/** Table in tidemark_log that keeps a table's changes. Leaves room for `_a` and `_b` behind it. */
export function logName(schema: string, name: string): string {
  return fitName(flatName(schema, name), '_a').slice(0, -2)
}

/** A view's name as people see it. */
export function shownName(schema: string, name: string): string {
  return schema === 'public' ? name : `${schema}.${name}`
}

/** The name of a storage table while it is built. */
export function buildName(storage: string): string {
  return `${storage}~new`
}
