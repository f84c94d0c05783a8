/**
 * Lays SQL out over lines, so that people can read it and a change shows where it is. Nothing but white space is
 * touched: what stands in a file is what the database is sent.
 */
export function layOut(sql: string): string {
  return lines(parse(tokens(sql)), 0).join('\n')
}

/** On one line, with single spaces: as the parts of a statement are. */
export function squeezed(sql: string): string {
  return inline(parse(tokens(sql)))
}

/** The WITH queries of a statement by name, and what comes after them. */
export function partsOf(sql: string): { readonly parts: ReadonlyMap<string, string>; readonly last: string } {
  const pieces = parse(tokens(sql))
  const parts = new Map<string, string>()
  if (!isWord(pieces[0], 'WITH')) return { parts, last: sql }
  let start = 1
  for (const [index, piece] of pieces.entries()) {
    const ends = piece === ',' || isWord(piece, 'SELECT')
    if (!ends || index < start) continue
    const part = inline(pieces.slice(start, index))
    parts.set(part.slice(0, part.indexOf(' ')), part)
    start = index + 1
    if (piece !== ',') return { parts, last: inline(pieces.slice(index)) }
  }
  return { parts, last: '' }
}

const width = 110

type Piece = string | Group

/** What stands between two parentheses. */
interface Group {
  readonly pieces: readonly Piece[]
}

/** Strings, quoted names, comments, parentheses, commas, words, and what stands between those. */
function tokens(sql: string): string[] {
  return sql.match(/[EBXU]?&?'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*.*?\*\/|[(),]|\s+|[^\s(),'"/]+|\//gs) ?? []
}

function parse(list: readonly string[]): Piece[] {
  const open: Piece[][] = [[]]
  for (const token of list) {
    const within = open.at(-1) ?? []
    if (token === '(') open.push([])
    else if (token === ')') {
      open.pop()
      open.at(-1)?.push({ pieces: within })
    } else if (token.trim() !== '') within.push(token)
    else if (within.length > 0 && within.at(-1) !== ' ') within.push(' ')
  }
  return open[0] ?? []
}

function inline(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece : `(${inline(piece.pieces)})`))
    .join('')
    .trim()
}

function isWord(piece: Piece | undefined, word: string): boolean {
  return typeof piece === 'string' && piece.toUpperCase() === word
}

const clauses = [
  'FROM',
  'WHERE',
  'GROUP',
  'HAVING',
  'WINDOW',
  'ORDER',
  'UNION',
  'INTERSECT',
  'EXCEPT',
  'RETURNING',
  'SET',
]
/** Words that begin a clause, where they do not. */
const noClause = new Set(['DISTINCT FROM', 'WITHIN GROUP'])
const joins = ['JOIN', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'INNER']

function isQuery({ pieces }: Group): boolean {
  const first = pieces.find((piece) => piece !== ' ')
  return ['SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'VALUES'].some((word) => isWord(first, word))
}

/** A query, clause by clause. */
function lines(pieces: readonly Piece[], indent: number): string[] {
  return clausesOf(pieces).flatMap((clause) => broken(clause, indent))
}

function clausesOf(pieces: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [[]]
  const inWith = isWord(pieces[0], 'WITH')
  let selected = !inWith
  let before = ''
  for (const piece of pieces) {
    const word = typeof piece === 'string' ? piece.toUpperCase() : ''
    const starts = selected
      ? (clauses.includes(word) && !noClause.has(`${before} ${word}`)) ||
        (joins.includes(word) && !joins.includes(before)) ||
        (word === 'SELECT' && before !== '')
      : word === 'SELECT'
    if (starts && (found.at(-1)?.length ?? 0) > 0) found.push([])
    selected ||= word === 'SELECT'
    found.at(-1)?.push(piece)
    if (!selected && piece === ',') found.push([])
    if (piece !== ' ') before = typeof piece === 'string' ? word : '()'
  }
  return found
}

/** One clause: on a line if it fits, else over several, with the queries in it laid out by themselves. */
function broken(clause: readonly Piece[], indent: number): string[] {
  const out: string[] = []
  const further = ' '.repeat(indent + 2)
  let line = ' '.repeat(indent)
  for (const segment of segmentsOf(clause)) {
    const text = inline(segment)
    const joined = line.trim() === '' ? line + text : `${line} ${text}`
    if (joined.length <= width) {
      line = joined
    } else if (further.length + text.length <= width || !segment.some(holdsQuery)) {
      if (line.trim() !== '') out.push(line)
      line = further + text
    } else {
      const opened = expanded(segment, line.trim() === '' ? line : `${line} `, indent)
      line = opened.pop() ?? ''
      out.push(...opened)
    }
  }
  if (line.trim() !== '') out.push(line)
  return out
}

/** What stands between the commas, ANDs and ORs of a clause. */
function segmentsOf(clause: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [[]]
  for (const piece of clause) {
    if (isWord(piece, 'AND') || isWord(piece, 'OR')) found.push([])
    found.at(-1)?.push(piece)
    if (piece === ',') found.push([])
  }
  return found.filter((segment) => inline(segment) !== '')
}

/** Lines that begin with the given one; the last is open for more. */
function expanded(pieces: readonly Piece[], start: string, indent: number): string[] {
  const out: string[] = []
  let line = start
  for (const piece of pieces[0] === ' ' ? pieces.slice(1) : pieces) {
    const text = inline([piece])
    if (typeof piece === 'string' || !holdsQuery(piece) || line.length + text.length <= width) {
      line += piece === ' ' ? ' ' : text
      continue
    }
    const inner = piece.pieces[0] === ' ' ? piece.pieces.slice(1) : piece.pieces
    out.push(`${line}(`, ...(isQuery(piece) ? lines(inner, indent + 2) : broken(inner, indent + 2)))
    line = `${' '.repeat(indent)})`
  }
  return [...out, line.trimEnd()]
}

function holdsQuery(piece: Piece): boolean {
  return typeof piece !== 'string' && (isQuery(piece) || piece.pieces.some(holdsQuery))
}
