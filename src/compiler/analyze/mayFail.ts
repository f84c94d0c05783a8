import { resolveColumn } from '../ir/expression.js'
import type { FromItem } from '../ir/types.js'
import { functionName, type Node, names, walk } from '../parse/ast.js'
import { storedColumn } from './columnType.js'

/** Functions that give a result, or NULL, for whatever they are called with. Sums that overflow are left aside. */
const total = new Set(
  `count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg stddev stddev_pop stddev_samp variance var_pop
   var_samp corr covar_pop covar_samp regr_slope lower upper initcap length char_length octet_length btrim ltrim rtrim concat left right
   replace reverse md5 starts_with strpos position date_trunc date_part extract timezone age round trunc ceil ceiling floor abs sign
   to_char array_length cardinality array_position lower_inc upper_inc isempty rank dense_rank row_number`.split(/\s+/),
)

const plain = /^(smallint|integer|bigint|numeric|real|double|date|timestamp|time|interval|boolean|uuid)/

/**
 * Whether computing something can end in an error for some values: a division, a cast of text, a function that does not
 * take everything. Where a query keeps such values away from it, nothing of ours may compute it for them.
 */
export function mayFail(tree: unknown, items: readonly FromItem[]): boolean {
  let found = false
  walk(tree, (kind, body) => {
    if (kind === 'FuncCall') found ||= callFails({ FuncCall: body } as CallNode)
    if (kind === 'A_Expr') found ||= divides(body)
    if (kind === 'TypeCast') found ||= castFails(body, items)
    // An array's element, a field: of what is not there, NULL. A subquery that is compared may return two rows.
    if (kind === 'SubLink') found ||= body.subLinkType === 'EXPR_SUBLINK'
    return !found
  })
  return found
}

type CallNode = Extract<Node, { FuncCall: unknown }>

function callFails(call: CallNode): boolean {
  const name = functionName(call) ?? ''
  return !total.has(name) && !(/^substr(ing)?$/.test(name) && hasFixedPlace(call))
}

/** A part of a text by numbers: only a negative length fails. */
function hasFixedPlace({ FuncCall: { args = [] } }: CallNode): boolean {
  const places = args.slice(1)
  return places.length > 0 && places.every(isCount)
}

function isCount(node: Node): boolean {
  return 'A_Const' in node && node.A_Const.ival !== undefined && (node.A_Const.ival.ival ?? 0) >= 0
}

type Body = { readonly [key: string]: unknown }

function divides({ name, rexpr }: Body): boolean {
  const operator = names(name as readonly Node[]).at(-1) ?? ''
  if (/^[/%]$/.test(operator)) return !isNumberOtherThanZero(rexpr as Node | undefined)
  // Of dates, texts, arrays and JSON, those that take everything; roots, powers and the like do not.
  return !/^(=|<>|<|>|<=|>=|[+*-]|\|\||~~\*?|!~~\*?|->|->>|#>|#>>|@>|<@|&&|\?)$/.test(operator)
}

function isNumberOtherThanZero(node: Node | undefined): boolean {
  if (node === undefined) return false
  if ('TypeCast' in node) return isNumberOtherThanZero(node.TypeCast.arg)
  if (!('A_Const' in node)) return false
  const { ival, fval, sval } = node.A_Const
  return Number(ival?.ival ?? fval?.fval ?? sval?.sval ?? 0) !== 0
}

/** A constant was read when the query was; of a column of numbers or times, any cast that the query has is taken to do. */
function castFails({ arg, typeName }: Body, items: readonly FromItem[]): boolean {
  const target = names((typeName as { names?: readonly Node[] } | undefined)?.names).at(-1) ?? ''
  if (/^(text|varchar|bpchar)$/.test(target)) return false
  return !isPlain(arg as Node | undefined, items)
}

function isPlain(node: Node | undefined, items: readonly FromItem[]): boolean {
  if (node === undefined) return false
  if ('A_Const' in node) return true
  if ('TypeCast' in node) return plain.test(typeNamed(node)) || isPlain(node.TypeCast.arg, items)
  if ('ColumnRef' in node) {
    const column = resolveColumn(node.ColumnRef.fields ?? [], items)
    const type = column && storedColumn(items[column.item], column.column)?.type
    return type !== undefined && plain.test(type)
  }
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') {
    const { lexpr, rexpr, name } = node.A_Expr
    if (!['+', '-', '*', '/', '%'].includes(names(name).at(-1) ?? '')) return false
    return (lexpr === undefined || isPlain(lexpr, items)) && isPlain(rexpr, items)
  }
  return /^(count|sum|avg|extract|date_part|date_trunc|round|length|char_length|stddev\w*|var\w*)$/.test(
    functionName(node) ?? '',
  )
}

function typeNamed({ TypeCast: { typeName } }: Extract<Node, { TypeCast: unknown }>): string {
  const name = names(typeName?.names).at(-1) ?? ''
  return name
    .replace(/^int[248]$/, 'integer')
    .replace(/^float[48]$/, 'real')
    .replace(/^bool$/, 'boolean')
}
