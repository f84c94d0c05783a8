import { createHash } from 'node:crypto'

/** A weak tag: without an order, rows can come in another one each time, and mean the same. */
export function entityTag(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  // With its length before it, no part can be taken for two.
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return `W/"${hash.digest('base64url').slice(0, 27)}"`
}

/** Whether a header If-None-Match names the tag. */
export function names(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = tag.replace(/^W\//, '')
  return ifNoneMatch.match(/"[^"]*"/g)?.some((known) => known === opaque) ?? false
}
