import { scanSync } from 'libpg-query'

/** One word or sign of a query. Offsets are in bytes of UTF-8, as everywhere in PostgreSQL's trees. */
export interface Token {
  readonly start: number
  readonly end: number
  /** In lower case. */
  readonly text: string
}

/** The tokens of a query without its comments; none when the scanner cannot tell them. */
export function tokensOf(text: string): readonly Token[] {
  try {
    // The scanner answers in JSON, in which it leaves control characters as they are. These are as long as a blank.
    const scanned = scanSync(text.replace(/(?![\t\n\r\u0080-\u009f])\p{Cc}/gu, ' ')).tokens
    return scanned
      .filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'))
      .map(({ start, end, text: own }) => ({ start, end, text: own.toLowerCase() }))
  } catch {
    return []
  }
}

const opening = new Set(['(', '[', 'case'])
const closing = new Set([')', ']', 'end'])

/** How much deeper a token leads into brackets. */
export function depthOf(token: Token | undefined): number {
  if (token === undefined) return 0
  if (opening.has(token.text)) return 1
  return closing.has(token.text) ? -1 : 0
}
