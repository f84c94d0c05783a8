import { walk } from '../../compiler/parse/ast.js'
import { parseSelect } from '../../compiler/parse/parse.js'

/** Where a query names a relation. Offsets are in the string. */
export interface NamePlace {
  readonly schema: string | undefined
  readonly name: string
  readonly start: number
  readonly end: number
  readonly aliased: boolean
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
    const end = endOfName(text, start, schema !== undefined)
    found.push({ schema, name, start, end, aliased: body.alias !== undefined })
    return undefined
  })
  return found.sort((left, right) => left.start - right.start)
}

function endOfName(text: string, start: number, qualified: boolean): number {
  const end = endOfIdentifier(text, start)
  if (!qualified) return end
  const dot = /^(?:\s|--.*\n|\/\*[\s\S]*?\*\/)*\.(?:\s|--.*\n|\/\*[\s\S]*?\*\/)*/.exec(text.slice(end))
  return endOfIdentifier(text, end + (dot?.[0].length ?? 0))
}

function endOfIdentifier(text: string, start: number): number {
  const found = /^(?:(?:U&)?"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)/i.exec(text.slice(start))
  return start + (found?.[0].length ?? 0)
}
