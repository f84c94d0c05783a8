import type { Block, ScopedColumn, SelectBlock, Subquery } from '../ir/types.js'
import { columnOf, type Node, walk } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'

interface Compared {
  readonly name: string
  readonly outer: ScopedColumn
}

/** `, as in …`: what an equality in a nested query could look like. */
export function exampleOf(block: Block): string {
  const alias = block.kind === 'select' ? block.items[0]?.alias : undefined
  return alias === undefined || alias === '' ? '' : `, as in \`${alias}.… = …\``
}

/** How to write an IN so that no NULL matters: as EXISTS, or with columns that cannot be NULL. */
export function withoutNulls(
  around: SelectBlock,
  subquery: Subquery,
  compared: readonly Compared[],
  nullable: readonly string[],
): string {
  const not = isNegated(around, subquery) ? 'NOT ' : ''
  const exists = asExists(subquery, compared)
  const first = exists === undefined ? `Write ${not}EXISTS with an equality in its WHERE` : `Write \`${not}${exists}\``
  const columns = nullable.map((column) => `\`${column}\``).join(' and ')
  const declared = columns === '' ? 'exclude NULLs by IS NOT NULL on both sides' : `declare ${columns} NOT NULL`
  return `${first}, for which no NULL matters; or ${declared}.`
}

/** NOT IN, or `<> ALL`. */
function isNegated({ ast }: SelectBlock, { ast: link }: Subquery): boolean {
  let negated = link.subLinkType === 'ALL_SUBLINK'
  walk(ast, (kind, body) => {
    const [first] = kind === 'BoolExpr' && body.boolop === 'NOT_EXPR' ? (body.args as Node[]) : []
    if (first !== undefined && 'SubLink' in first && first.SubLink === link) negated = true
    return undefined
  })
  return negated
}

/** `x IN (SELECT y FROM …)` as `EXISTS (SELECT FROM … WHERE y = x)`, where that is as simple. */
function asExists({ block }: Subquery, compared: readonly Compared[]): string | undefined {
  if (block.kind !== 'select' || block.group !== undefined || block.limited || block.distinct !== 'no') return undefined
  if (block.ast.withClause !== undefined || compared.length !== block.outputs.length) return undefined
  const equal = compared.flatMap(({ name, outer }): Node[] => {
    const inner = block.outputs.find((output) => output.name === name)?.expression.ast
    const around = outer.items[outer.item]
    if (inner === undefined || around === undefined) return []
    const operator = [{ String: { sval: '=' } }]
    return [{ A_Expr: { kind: 'AEXPR_OP', name: operator, lexpr: inner, rexpr: columnOf(around.alias, outer.column) } }]
  })
  const { whereClause, fromClause = [] } = block.ast
  const args = whereClause === undefined ? equal : [whereClause, ...equal]
  const [only, ...others] = args
  const where: Node | undefined = others.length === 0 ? only : { BoolExpr: { boolop: 'AND_EXPR', args } }
  if (where === undefined) return undefined
  return `EXISTS (${toSql({ fromClause, whereClause: where, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' })})`
}
