import type { RelationFacts } from '../facts.js'
import { columnOf, rewrite, sameTree } from '../parse/ast.js'
import type { AliasedColumn, JoinSource, JoinStep, KeyPath, StoredColumn } from './types.js'

/**
 * The paths without those that find no key which another does not find as well. Where a table is read at several places, as
 * the lines of an order beside the others of the same order, the same keys would be looked for once for each.
 */
export function withoutCovered(paths: readonly KeyPath[]): readonly KeyPath[] {
  let kept = [...paths]
  for (const path of paths) {
    if (kept.some((other) => other !== path && covers(other, path))) kept = kept.filter((other) => other !== path)
  }
  return kept
}

function covers(path: KeyPath, other: KeyPath): boolean {
  if (asksLess(path, other)) return true
  const start = columnOfAll(path)
  return start !== undefined && (startsThere(path, start, other) || comesBack(path, start, other))
}

/** Goes the same way, and asks nothing that the other does not ask. */
function asksLess(path: KeyPath, other: KeyPath): boolean {
  const [one, two] = [path.changed, other.changed]
  if (path.alias !== other.alias || !asksNoMore(path, other) || !sameTree(path.outputs, other.outputs)) return false
  if (!sameSteps(stepsOf(path), stepsOf(other))) return false
  if (one.kind === 'table' && two.kind === 'table') {
    return one.relation.oid === two.relation.oid && sameNames(one.columns, two.columns)
  }
  if (one.kind === 'table' || two.kind === 'table' || one.columns.join() !== two.columns.join()) return false
  return two.paths.every((inner) => one.paths.some((own) => covers(own, inner)))
}

/** Starts at a column of all rows that changed in a table, and goes on as the other does, which starts at the rows themselves. */
function startsThere(path: KeyPath, start: WholeColumn, other: KeyPath): boolean {
  const { changed } = other
  if (changed.kind !== 'table' || changed.relation.oid !== start.relation.oid) return false
  const own = changed.columns.filter(({ stored }) => stored === start.stored)
  return own.some(({ name }) => goesOn(path, start, stepsOf(path), { alias: other.alias, column: name }, other))
}

/**
 * Starts there, joins the same table by that column, and then goes on as the other does. What is joined holds the rows that
 * changed: the other's are among them.
 */
function comesBack(path: KeyPath, start: WholeColumn, other: KeyPath): boolean {
  const { changed } = other
  const [back, ...rest] = stepsOf(path)
  const [on, ...more] = back?.on ?? []
  if (back?.source.kind !== 'table' || on === undefined || more.length > 0 || start.nullable) return false
  if (changed.kind !== 'table' || changed.relation.oid !== start.relation.oid) return false
  if (back.alias !== other.alias || back.source.relation.oid !== start.relation.oid) return false
  if (!sameNames(back.source.columns, changed.columns) || !sameTree(on.other, startOf(path, start))) return false
  const joined = back.source.columns.find(({ name }) => name === on.own)
  return joined?.stored === start.stored && goesOn(path, start, rest, { alias: back.alias, column: on.own }, other)
}

/** With another name for the column that it starts at, a path has these steps and the outputs of another, and asks no more. */
function goesOn(
  path: KeyPath,
  start: WholeColumn,
  steps: readonly JoinStep[],
  column: AliasedColumn,
  other: KeyPath,
): boolean {
  const from = startOf(path, start)
  const renamed = steps.map((step) => ({
    ...step,
    on: step.on.map((equality) => (sameTree(equality.other, from) ? { ...equality, other: column } : equality)),
  }))
  const reference = columnOf(from.alias, from.column)
  const outputs = path.outputs.map((output) =>
    rewrite(output, (node) => (sameTree(node, reference) ? columnOf(column.alias, column.column) : undefined)),
  )
  return asksNoMore(path, other) && sameSteps(renamed, stepsOf(other)) && sameTree(outputs, other.outputs)
}

function startOf({ alias }: KeyPath, { name }: WholeColumn): AliasedColumn {
  return { alias, column: name }
}

interface WholeColumn {
  readonly relation: RelationFacts
  readonly stored: string
  readonly name: string
  readonly nullable: boolean
}

/** The only column that a path starts at, if each row that changed in some table is there with it. */
function columnOfAll({ changed }: KeyPath): WholeColumn | undefined {
  if (changed.kind !== 'block' || changed.columns.length !== 1) return undefined
  const [name = ''] = changed.columns
  for (const inner of changed.paths) {
    if (inner.changed.kind !== 'table' || inner.filters.length + stepsOf(inner).length > 0) continue
    const { relation, columns } = inner.changed
    const column = columns.find((candidate) => sameTree(inner.outputs[0], columnOf(inner.alias, candidate.name)))
    const facts = relation.columns.find((candidate) => candidate.name === column?.stored)
    if (column !== undefined) return { relation, stored: column.stored, name, nullable: !facts?.notNull }
  }
  return undefined
}

function stepsOf({ joins, searches }: KeyPath): readonly JoinStep[] {
  return [...joins, ...searches]
}

function asksNoMore(path: KeyPath, other: KeyPath): boolean {
  return path.filters.every(({ alias, ast }) =>
    other.filters.some((filter) => filter.alias === alias && sameTree(filter.ast, ast)),
  )
}

function sameSteps(left: readonly JoinStep[], right: readonly JoinStep[]): boolean {
  return (
    left.length === right.length &&
    left.every((one, index) => {
      const other = right[index]
      return other?.alias === one.alias && sameTree(one.on, other.on) && sameSource(one.source, other.source)
    })
  )
}

function sameSource(left: JoinSource, right: JoinSource): boolean {
  if (left.kind === 'table') {
    return right.kind === 'table' && left.relation.oid === right.relation.oid && sameNames(left.columns, right.columns)
  }
  if (left.kind === 'function') {
    return right.kind === 'function' && sameTree(left.ast, right.ast) && sameTree(left.columns, right.columns)
  }
  if (right.kind !== 'block' || left.block !== right.block || !sameNames(left.columns, right.columns)) return false
  return right.before.every((path) => left.before.some((own) => covers(own, path)))
}

/** Of the columns that both read, none stands for two. */
function sameNames(left: readonly StoredColumn[], right: readonly StoredColumn[]): boolean {
  return left.every(({ name, stored }) => right.every((other) => other.name !== name || other.stored === stored))
}
