import { fingerprint, functionName, type Node, names, rewrite } from '../parse/ast.js'
import { expressionOf, toSql } from '../parse/parse.js'

type Spread = 'var_pop' | 'var_samp' | 'stddev_pop' | 'stddev_samp'
export type AggregateKind = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'bool_and' | 'bool_or' | Spread

/** An aggregate whose result after a change can be told from what is kept of it and the change alone. */
export interface Aggregate {
  readonly kind: AggregateKind
  readonly call: Node
  /** Undefined for count(*). */
  readonly argument: Node | undefined
  readonly filter: Node | undefined
  /** All numbers that it adds have equally many digits after the point, so that their sum has as many too. */
  readonly fixedScale: boolean
}

/** What a query groups by, each with the output column that shows it, and what it computes of each group. */
export interface Grouped {
  readonly groups: readonly { readonly column: string; readonly ast: Node }[]
  readonly aggregates: readonly Aggregate[]
}

export type PartRole = 'sum' | 'count' | 'true' | 'extreme' | 'square' | 'scale'

/** One number or value that is kept of an aggregate. */
export interface StatePart {
  readonly role: PartRole
  /** The aggregate call that computes it from nothing. */
  readonly call: Node
}

const kinds: ReadonlyMap<string, AggregateKind> = new Map([
  ['count', 'count'],
  ['sum', 'sum'],
  ['avg', 'avg'],
  ['min', 'min'],
  ['max', 'max'],
  ['bool_and', 'bool_and'],
  ['every', 'bool_and'],
  ['bool_or', 'bool_or'],
  ['variance', 'var_samp'],
  ['var_samp', 'var_samp'],
  ['var_pop', 'var_pop'],
  ['stddev', 'stddev_samp'],
  ['stddev_samp', 'stddev_samp'],
  ['stddev_pop', 'stddev_pop'],
])

export function isSpread(kind: AggregateKind): kind is Spread {
  return kind.startsWith('var') || kind.startsWith('stddev')
}

/** Gives the same for all rows as for one of each. */
export function ignoresRepeats(kind: AggregateKind): boolean {
  return kind === 'min' || kind === 'max' || kind.startsWith('bool')
}

/** Sums numbers, so that it is exact for whole and decimal ones alone. */
export function isSummed(kind: AggregateKind): boolean {
  return kind === 'sum' || kind === 'avg' || isSpread(kind)
}

type Call = { readonly [key: string]: unknown }

/** Reads an aggregate call; undefined for one that a change alone does not tell, such as a percentile. */
export function readAggregate(node: Node): Aggregate | undefined {
  if (!('FuncCall' in node)) return undefined
  const call = node.FuncCall as Call
  const kind = kinds.get(functionName(node) ?? '')
  const path = names(call.funcname as readonly Node[])
  if (kind === undefined || (path.length > 1 && path[0] !== 'pg_catalog')) return undefined
  if (call.agg_within_group || call.over !== undefined || call.func_variadic) return undefined
  if (call.agg_distinct && !ignoresRepeats(kind)) return undefined
  const args = (call.args ?? []) as readonly Node[]
  const argument = call.agg_star ? undefined : args[0]
  if (args.length > 1 || (argument === undefined && kind !== 'count')) return undefined
  return { kind, call: node, argument, filter: call.agg_filter as Node | undefined, fixedScale: false }
}

/** What has to be kept of it. The count says whether there is anything to sum, and to divide by. */
export function stateOf({ kind, call, argument, filter, fixedScale }: Aggregate): readonly StatePart[] {
  const part = (role: PartRole, name: string, value: Node | undefined): StatePart => ({
    role,
    call: callOf(name, value, filter),
  })
  switch (kind) {
    case 'count':
      return [{ role: 'count', call }]
    case 'min':
    case 'max':
      return [{ role: 'extreme', call }]
    case 'bool_and':
    case 'bool_or':
      return [part('count', 'count', argument), part('true', 'count', trueOnly(argument))]
    default: {
      const value = argument === undefined ? '' : toSql(argument)
      const square = isSpread(kind) ? [part('square', 'sum', expressionOf(squareOf(value, fixedScale)))] : []
      // Before the sum, whose own scale is told from it.
      const scale = fixedScale ? [] : [part('scale', 'sum', expressionOf(scaleMark(value)))]
      return [...scale, part('sum', 'sum', argument), part('count', 'count', argument), ...square]
    }
  }
}

/** Numbers with so many digits after the point are counted together: a sum of any of them is computed anew. */
export const mostDigits = 1000

/**
 * A number that says how many digits a numeric value has after the point, so that from the sum of many of them can be
 * told how many the longest has: 1 for none, 10^20 for one, 10^40 for two. A sum of numbers has as many as the longest of
 * them; when that one goes, it has fewer again.
 */
export function scaleMark(value: string): string {
  return `('1e' || 20 * least(pg_catalog.scale((${value})::numeric), ${mostDigits}))::numeric`
}

/** The digits that the longest of the numbers has whose marks were added. */
export function digitsOf(marks: string): string {
  return `((pg_catalog.length((${marks})::text) - 1) / 20)`
}

/** The square of a value; what may be too long to be squared counts as no number, and is computed anew. */
export function squareOf(value: string, fixedScale: boolean): string {
  const square = `(${value})::numeric * (${value})::numeric`
  return fixedScale ? square : `CASE WHEN pg_catalog.abs((${value})::numeric) >= '1e1000' THEN 'NaN' ELSE ${square} END`
}

export const countOfRows: Node = {
  FuncCall: { funcname: [{ String: { sval: 'count' } }], agg_star: true, funcformat: 'COERCE_EXPLICIT_CALL' },
} as Node

function callOf(name: string, argument: Node | undefined, filter: Node | undefined): Node {
  return {
    FuncCall: {
      funcname: [{ String: { sval: name } }],
      args: argument === undefined ? [] : [argument],
      ...(filter === undefined ? {} : { agg_filter: filter }),
      funcformat: 'COERCE_EXPLICIT_CALL',
    },
  } as Node
}

/** `CASE WHEN argument THEN true END`: counted where it is true. */
function trueOnly(argument: Node | undefined): Node {
  const when = { CaseWhen: { expr: argument, result: { A_Const: { boolval: { boolval: true } } } } } as Node
  return { CaseExpr: { args: [when] } } as Node
}

/** The distinct aggregate calls of these expressions, in the order in which they appear; undefined if one is unknown. */
export function collectAggregates(
  expressions: readonly Node[],
  isAggregate: (node: Node) => boolean,
  hasFixedScale: (argument: Node) => boolean = () => false,
): Aggregate[] | undefined {
  const found = new Map<string, Aggregate>()
  let known = true
  for (const expression of expressions) {
    rewrite(expression, (value) => {
      const node = value as Node
      if (!('FuncCall' in node) || !isAggregate(node)) return undefined
      const aggregate = readAggregate(node)
      if (aggregate === undefined) known = false
      else found.set(fingerprint(node), { ...aggregate, fixedScale: isFixed(aggregate, hasFixedScale) })
      return node
    })
  }
  return known ? [...found.values()] : undefined
}

function isFixed({ kind, argument }: Aggregate, hasFixedScale: (argument: Node) => boolean): boolean {
  return isSummed(kind) && argument !== undefined && hasFixedScale(argument)
}
