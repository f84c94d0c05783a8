import { createHash } from 'node:crypto'
import { displayName } from '../define/names.js'
import type { IndexDefinition } from '../define/types.js'

/** PostgreSQL cuts names at 63 bytes. */
const longest = 63

/** Stands before what Tidemark adds to a name. No name that people chose keeps it, so none can be taken for another. */
const mark = '~'

/** A name that fits beside its suffix; one that is too long keeps its beginning and ends with a hash of all of it. */
export function fitName(name: string, suffix = ''): string {
  const room = longest - Buffer.byteLength(suffix)
  if (Buffer.byteLength(name) <= room) return name + suffix
  const end = `_${hashOf(name)}`
  let start = name
  while (Buffer.byteLength(start) > room - end.length) start = Array.from(start).slice(0, -1).join('')
  return `${start}${end}${suffix}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10)
}

/** What stands for a table in Tidemark's own schemas: its name, with its schema when that is not `public`. */
export function flatName(schema: string, name: string): string {
  const plain = schema === 'public' ? name : `${schema}.${name}`
  // A dot in a name could be taken for the one behind a schema; a hash of the two tells them apart.
  if (!schema.includes('.') && !name.includes('.') && !plain.includes(mark)) return plain
  return `${plain.replaceAll(mark, '-')}_${hashOf(JSON.stringify([schema, name]))}`
}

/** Table in tidemark_data that keeps a view's rows. Leaves room for what `buildName` adds. */
export function storageName(schema: string, name: string): string {
  return fitName(flatName(schema, name), `${mark}new`).slice(0, -4)
}

/** A piece of one view or of several: its name, and that of its storage. Another query has a piece of another name. */
export function pieceName(query: string, timeZone: string): string {
  return `piece${mark}${hashOf(JSON.stringify([query, timeZone]))}`
}

/** Table in tidemark_log through which a table's changes are read. */
export function logName(schema: string, name: string): string {
  return fitName(flatName(schema, name))
}

/** A view's name as people see it. */
export function shownName(schema: string, name: string): string {
  return displayName({ schema, name })
}

/** The name of a storage table while it is built. */
export function buildName(storage: string): string {
  return `${storage}${mark}new`
}

/** The name of what was swapped out, in the moment before it is dropped. */
export function retiredName(name: string): string {
  return fitName(name, `${mark}old`)
}

/** The name of an index of a storage table, and the one it has while that table is built. */
export function indexNames(storage: string, role: string): { readonly built: string; readonly final: string } {
  return { built: fitName(storage, `${mark}${role}${mark}new`), final: fitName(storage, `${mark}${role}`) }
}

/** The same for an index that the configuration asks for: named by the user, or after what it is. */
export function userIndexNames(
  storage: string,
  index: IndexDefinition,
): { readonly built: string; readonly final: string } {
  const { columns, unique, where, method, name } = index
  const names = indexNames(storage, `i${hashOf(JSON.stringify([columns, unique, where, method, name]))}`)
  return index.name === null ? names : { ...names, final: fitName(index.name) }
}
