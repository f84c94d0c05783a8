import { walk } from '../../compiler/parse/ast.js'
import { parseSelect } from '../../compiler/parse/parse.js'

/** Where a query names a relation. Offsets are in the string. */
export interface NamePlace {
  readonly schema: string | undefined
  readonly name: string
  readonly start: number
  /** Where the schema's own text ends; `start` when it has none. */
  readonly schemaEnd: number
}

/** Every relation that a query names in FROM, in the order of the text; those that are WITH queries left out. */
export function scanNames(text: string): NamePlace[] {
  const ctes = new Set<string>()
  const found: NamePlace[] = []
  const bytes = Buffer.from(text, 'utf8')
  const tree = parseSelect(text)
  walk(tree, (kind, body) => {
    if (kind === 'CommonTableExpr') ctes.add(String(body.ctename))
    return undefined
  })
  walk(tree, (kind, body) => {
    if (kind !== 'RangeVar') return undefined
    const schema = body.schemaname === undefined ? undefined : String(body.schemaname)
    const name = String(body.relname)
    if (schema === undefined && ctes.has(name)) return undefined
    const start = bytes.subarray(0, Number(body.location ?? 0)).toString('utf8').length
    found.push({ schema, name, start, schemaEnd: schema === undefined ? start : endOfIdentifier(text, start) })
    return undefined
  })
  return found.sort((left, right) => left.start - right.start)
}

function endOfIdentifier(text: string, start: number): number {
  if (text[start] !== '"') return start + (/^[^\s.]+/.exec(text.slice(start))?.[0].length ?? 0)
  let end = start + 1
  while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1
  return end + 1
}
