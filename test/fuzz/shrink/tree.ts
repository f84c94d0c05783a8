import { kindOf } from '../../../src/compiler/parse/ast.js'

type Path = readonly (string | number)[]
type Plain = { readonly [key: string]: unknown }

/** Lists any one item of which may go. */
const lists = new Set([
  'targetList',
  'fromClause',
  'groupClause',
  'args',
  'ctes',
  'valuesLists',
  'usingClause',
  'content',
  'tableElts',
  'constraints',
  'cols',
  'items',
])
/** What a query or a call is still one without. */
const clauses = new Set([
  'whereClause',
  'havingClause',
  'distinctClause',
  'withClause',
  'groupClause',
  'agg_filter',
  'agg_distinct',
  'agg_star',
  'quals',
  'join_using_alias',
  'over',
  'defresult',
])
/** Within these, what is ordered and what is returned belong together: changed alone, the result would be left to chance. */
function isOrdered(kind: string, body: Plain): boolean {
  return (
    kind === 'FuncCall' && (body.agg_order !== undefined || body.over !== undefined || body.agg_within_group === true)
  )
}

const expressions = new Set([
  'A_Expr',
  'BoolExpr',
  'FuncCall',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'MinMaxExpr',
  'NullTest',
  'SubLink',
  'TypeCast',
  'BooleanTest',
  'ColumnRef',
  'A_Const',
  'A_ArrayExpr',
  'A_Indirection',
  'RowExpr',
  'List',
])

/** Every tree that is this one with one thing less in it. */
export function* smallerTrees(root: object): Generator<object> {
  for (const { path, value, key } of places(root)) {
    if (Array.isArray(value) && lists.has(key)) {
      for (const index of value.keys()) {
        const left = value.filter((_, place) => place !== index)
        yield replaced(root, path, left.length > 0 ? left : undefined)
      }
      continue
    }
    if (clauses.has(key)) yield replaced(root, path, undefined)
    if (!isPlain(value)) continue
    if ('limitCount' in value || 'limitOffset' in value) yield replaced(root, path, unlimited(value))
    if (
      value.sortClause !== undefined &&
      value.limitCount === undefined &&
      value.limitOffset === undefined &&
      value.distinctClause === undefined
    ) {
      const { sortClause: _, ...rest } = value
      yield replaced(root, path, rest)
    }
    yield* withoutColumn(root, path, value)
    yield* replacements(root, path, value)
  }
}

interface Place {
  readonly path: Path
  readonly value: unknown
  readonly key: string
}

function* places(root: unknown, path: Path = [], key = '', atomic = false): Generator<Place> {
  if (typeof root !== 'object' || root === null) return
  if (!atomic) yield { path, value: root, key }
  const kind = kindOf(root)
  const body = kind === undefined ? undefined : (root as Plain)[kind]
  const within = atomic || (kind !== undefined && isPlain(body) && isOrdered(kind, body))
  for (const [name, value] of Object.entries(root)) {
    const index = Array.isArray(root) ? Number(name) : name
    yield* places(value, [...path, index], Array.isArray(root) ? '' : name, within && name !== 'agg_filter')
  }
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unlimited({ limitCount: _, limitOffset: __, sortClause: ___, limitOption: ____, ...rest }: Plain): Plain {
  return { ...rest, limitOption: 'LIMIT_OPTION_DEFAULT' }
}

/** A column that the rows are also sorted by goes with its place in the order. */
function* withoutColumn(root: object, path: Path, select: Plain): Generator<object> {
  const { targetList, sortClause } = select
  if (!Array.isArray(targetList) || !Array.isArray(sortClause) || targetList.length < 2) return
  for (const index of targetList.keys()) {
    const name = (targetList[index] as { ResTarget?: { name?: string } }).ResTarget?.name
    const left = sortClause.filter((item) => !JSON.stringify(item).includes(`"sval":"${name}"`))
    if (left.length === sortClause.length || left.length === 0) continue
    yield replaced(root, path, {
      ...select,
      targetList: targetList.filter((_, place) => place !== index),
      sortClause: left,
    })
  }
}

/** A join by one of its sides, a set operation by one of its arms, an expression by a part of it, a condition by a constant. */
function* replacements(root: object, path: Path, value: Plain): Generator<object> {
  const kind = kindOf(value)
  if (kind === undefined) {
    if (typeof value.op === 'string' && value.op !== 'SETOP_NONE' && isPlain(value.larg) && isPlain(value.rarg)) {
      yield replaced(root, path, value.larg)
      yield replaced(root, path, value.rarg)
    }
    return
  }
  const body = value[kind]
  if (!isPlain(body)) return
  if (kind === 'JoinExpr') {
    yield replaced(root, path, body.larg)
    yield replaced(root, path, body.rarg)
    if (body.jointype !== 'JOIN_INNER') yield replaced(root, path, { JoinExpr: { ...body, jointype: 'JOIN_INNER' } })
  } else if (kind === 'SelectStmt' || kind === 'RangeSubselect') {
    // The query in FROM instead of the one around it.
    for (const inner of selectsBelow(body))
      yield replaced(root, path, kind === 'SelectStmt' ? inner : { RangeSubselect: { ...body, subquery: inner } })
  } else if (expressions.has(kind) && kind !== 'ColumnRef' && kind !== 'A_Const') {
    for (const part of partsOf(body)) yield replaced(root, path, part)
    if (kind === 'A_Expr' || kind === 'SubLink' || kind === 'BoolExpr' || kind === 'NullTest')
      yield replaced(root, path, constantTrue)
  }
}

const constantTrue = { A_Const: { boolval: { boolval: true } } }

function* partsOf(body: unknown): Generator<unknown> {
  if (typeof body !== 'object' || body === null) return
  for (const value of Object.values(body)) {
    const kind = kindOf(value)
    if (kind !== undefined && expressions.has(kind)) yield value
    else if (kind === undefined || !/SelectStmt/.test(kind)) yield* partsOf(value)
  }
}

function* selectsBelow(body: unknown): Generator<object> {
  if (typeof body !== 'object' || body === null) return
  for (const value of Object.values(body)) {
    if (kindOf(value) === 'SelectStmt') yield value
    else yield* selectsBelow(value)
  }
}

function replaced(root: object, path: Path, value: unknown): object {
  const [first, ...rest] = path
  if (first === undefined) return value as object
  const source = root as { [key: string | number]: unknown }
  const next = rest.length === 0 ? value : replaced(source[first] as object, rest, value)
  if (Array.isArray(root)) return root.map((item: unknown, index) => (index === first ? next : item))
  if (next !== undefined) return { ...source, [first]: next }
  const { [first]: _, ...left } = source
  return left
}
