import { crc32 } from 'node:zlib'
import type { CachedBody } from './types.js'

const version = 'tidemark1'

/** A body with what tells that it is whole, and the one that was asked for. */
export function seal(key: string, { body, rows, total }: CachedBody): string {
  return `${JSON.stringify([version, key, rows, total, body.length, crc32(body)])}\n${body}`
}

/** Nothing, where it is anything else than what was sealed under this key. */
export function unseal(key: string, text: unknown): CachedBody | undefined {
  if (typeof text !== 'string') return undefined
  const end = text.indexOf('\n')
  const head = parse(text.slice(0, Math.max(0, end)))
  const body = text.slice(end + 1)
  if (!Array.isArray(head) || head[0] !== version || head[1] !== key) return undefined
  const [, , rows, total, length, sum] = head as unknown[]
  if (length !== body.length || sum !== crc32(body)) return undefined
  if (typeof rows !== 'number' || (total !== null && typeof total !== 'number')) return undefined
  return { body, rows, total }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
