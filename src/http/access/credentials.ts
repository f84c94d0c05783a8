import { createHash, timingSafeEqual } from 'node:crypto'
import type { TokenRule } from '../../define/http-types.js'
import type { Asking } from '../asking.js'

/** The token of a request: `Authorization: Bearer …`, or `apikey: …` as Supabase's clients send it. */
export function bearerOf({ headers }: Pick<Asking, 'headers'>): string | undefined {
  const given = headers.get('authorization')
  const [, bearer] = given === null ? [] : (/^Bearer +([^\s]+) *$/i.exec(given) ?? [])
  return bearer ?? headers.get('apikey') ?? undefined
}

/** The rule of a token. All are compared, each in constant time: how long it takes says nothing of how near a guess is. */
export function ruleOf(token: string, rules: readonly TokenRule[]): TokenRule | undefined {
  const hash = createHash('sha256').update(token).digest()
  let found: TokenRule | undefined
  for (const rule of rules) if (timingSafeEqual(hash, rule.hash)) found = rule
  return found
}
