export type TokenKind = 'keyword' | 'string' | 'number' | 'comment' | 'function' | 'name' | 'other'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const keywords = new Set(
  `all and any array as asc between by case cast collate cross current current_date current_timestamp cube desc distinct
  else end except exclude exists extract false fetch filter first following for from full group grouping having ilike in
  inner intersect interval into is isnull join last lateral left like limit materialized natural not notnull null nulls of
  offset on only or order ordinality outer over partition preceding range recursive right rollup row rows select sets
  similar some table tablesample then ties to true unbounded union unique using values when where window with within
  without create index concurrently alter add column set drop view on`.split(/\s+/),
)

/** Comments, strings (also E'' and dollar quotes), quoted names, numbers, words, and all else, in this order. */
const pattern =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|([eE]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$[\s\S]*?\$\3\$)|("(?:[^"]|"")*")|(\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|([A-Za-z_][\w$]*)|([^\w'"$/-]+|[\s\S])/gy

/** Cuts SQL into pieces to be coloured. For showing only: what is odd is shown plainly, and nothing is lost. */
export function sqlTokens(sql: string): Token[] {
  const tokens: Token[] = []
  for (const match of sql.matchAll(pattern)) {
    const [text, comment, string, , quoted, number, word] = match
    const kind = kindOf({ comment, string, quoted, number, word }, sql, match.index + text.length)
    tokens.push({ kind, text })
  }
  return tokens
}

type Groups = Readonly<Record<'comment' | 'string' | 'quoted' | 'number' | 'word', string | undefined>>

function kindOf({ comment, string, quoted, number, word }: Groups, sql: string, end: number): TokenKind {
  if (comment !== undefined) return 'comment'
  if (string !== undefined) return 'string'
  if (quoted !== undefined) return 'name'
  if (number !== undefined) return 'number'
  if (word === undefined) return 'other'
  if (keywords.has(word.toLowerCase())) return 'keyword'
  return sql[end] === '(' ? 'function' : 'name'
}

/** Without the margin that all its lines have, and empty lines at its ends. */
export function dedented(sql: string): string {
  const lines = sql
    .replace(/^(\s*\n)+/, '')
    .trimEnd()
    .split('\n')
  const rest = lines.slice(1).filter((line) => line.trim() !== '')
  const margin = Math.min(...rest.map((line) => line.length - line.trimStart().length))
  const first = lines[0] ?? ''
  if (!Number.isFinite(margin)) return first.trim()
  const cut = (line: string): string => line.slice(Math.min(margin, line.length - line.trimStart().length))
  return [cut(first), ...lines.slice(1).map(cut)].join('\n')
}
