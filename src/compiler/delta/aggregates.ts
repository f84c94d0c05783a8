import { fingerprint, functionName, type Node, names, rewrite } from '../parse/ast.js'

export type AggregateKind = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'bool_and' | 'bool_or'

/** An aggregate whose result after a change can be told from what is kept of it and the change alone. */
export interface Aggregate {
  readonly kind: AggregateKind
  readonly call: Node
  /** Undefined for count(*). */
  readonly argument: Node | undefined
  readonly filter: Node | undefined
}

/** What a query groups by, each with the output column that shows it, and what it computes of each group. */
export interface Grouped {
  readonly groups: readonly { readonly column: string; readonly ast: Node }[]
  readonly aggregates: readonly Aggregate[]
}

/** One number or value that is kept of an aggregate. */
export interface StatePart {
  readonly role: 'sum' | 'count' | 'true' | 'extreme'
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
])

type Call = { readonly [key: string]: unknown }

/** Reads an aggregate call; undefined for one that a change alone does not tell, such as a percentile. */
export function readAggregate(node: Node): Aggregate | undefined {
  if (!('FuncCall' in node)) return undefined
  const call = node.FuncCall as Call
  const kind = kinds.get(functionName(node) ?? '')
  const path = names(call.funcname as readonly Node[])
  if (kind === undefined || (path.length > 1 && path[0] !== 'pg_catalog')) return undefined
  if (call.agg_within_group || call.over !== undefined || call.func_variadic) return undefined
  const extreme = kind === 'min' || kind === 'max'
  if (call.agg_distinct && !extreme) return undefined
  const args = (call.args ?? []) as readonly Node[]
  const argument = call.agg_star ? undefined : args[0]
  if (args.length > 1 || (argument === undefined && kind !== 'count')) return undefined
  return { kind, call: node, argument, filter: call.agg_filter as Node | undefined }
}

/** What has to be kept of it. The count says whether there is anything to sum, and to divide by. */
export function stateOf(aggregate: Aggregate): readonly StatePart[] {
  const { kind, call } = aggregate
  switch (kind) {
    case 'count':
      return [{ role: 'count', call }]
    case 'min':
    case 'max':
      return [{ role: 'extreme', call }]
    case 'sum':
    case 'avg':
      return [
        { role: 'sum', call: callOf('sum', aggregate.argument, aggregate.filter) },
        { role: 'count', call: callOf('count', aggregate.argument, aggregate.filter) },
      ]
    case 'bool_and':
    case 'bool_or':
      return [
        { role: 'count', call: callOf('count', aggregate.argument, aggregate.filter) },
        { role: 'true', call: callOf('count', trueOnly(aggregate.argument), aggregate.filter) },
      ]
  }
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
): Aggregate[] | undefined {
  const found = new Map<string, Aggregate>()
  let known = true
  for (const expression of expressions) {
    rewrite(expression, (value) => {
      const node = value as Node
      if (!('FuncCall' in node) || !isAggregate(node)) return undefined
      const aggregate = readAggregate(node)
      if (aggregate === undefined) known = false
      else found.set(fingerprint(node), aggregate)
      return node
    })
  }
  return known ? [...found.values()] : undefined
}
