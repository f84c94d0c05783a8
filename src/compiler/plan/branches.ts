import { isNullable } from '../analyze/nullable.js'
import { origins, textUses } from '../analyze/origins.js'
import type { QueryFacts, RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import { columnOf } from '../parse/ast.js'
import { impliedRange } from './buckets.js'
import type { Branch, BucketRange, KeyPath, KeyRestriction } from './types.js'

/** Of a small table a scan is as good as an index. */
export const smallTableRows = 2000

/** The branch for one set of key columns, with what helps its queries to use an index. */
export function makeBranch(
  root: Block,
  facts: QueryFacts,
  key: readonly string[],
  paths: readonly KeyPath[],
  utc: boolean,
): Branch {
  return {
    key,
    nullable: key.map((name) => isNullable(root, name)),
    paths,
    buckets: facts.faithful ? bucketRanges(root, key, utc) : [],
    restrictions: facts.faithful ? keyRestrictions(root, key) : [],
  }
}

function bucketRanges(root: Block, key: readonly string[], utc: boolean): BucketRange[] {
  const uses = textUses(root)
  return key.flatMap((name) =>
    origins(root, name).flatMap((origin): BucketRange[] => {
      if (origin.expression === undefined || uses.get(origin.block.ast) !== 1) return []
      const column = columnOf(origin.item.alias, origin.column)
      const type = origin.item.relation.columns.find((candidate) => candidate.name === origin.stored)?.type ?? ''
      const written = columnIn(origin.expression) ?? column
      const range = impliedRange(origin.expression, { ast: written, type, utc })
      return range === undefined ? [] : [{ block: origin.block, keyColumn: name, column: written, ...range }]
    }),
  )
}

/** The reference to the bucketed column as the query itself writes it (with its alias, or without). */
function columnIn(expression: unknown): BucketRange['column'] | undefined {
  if (typeof expression !== 'object' || expression === null) return undefined
  if ('ColumnRef' in expression) return expression as BucketRange['column']
  for (const value of Object.values(expression)) {
    const found = columnIn(value)
    if (found !== undefined) return found
  }
  return undefined
}

function keyRestrictions(root: Block, key: readonly string[]): KeyRestriction[] {
  const uses = textUses(root)
  const byItem = new Map<
    object,
    { restriction: KeyRestriction; columns: { key: string; ast: BucketRange['column'] }[] }
  >()
  for (const name of key) {
    for (const origin of origins(root, name)) {
      if (uses.get(origin.block.ast) !== 1) continue
      const ast = origin.expression ?? columnOf(origin.item.alias, origin.column)
      const known = byItem.get(origin.item)
      if (known === undefined) {
        const columns = [{ key: name, ast }]
        byItem.set(origin.item, { restriction: { block: origin.block, columns }, columns })
      } else if (!known.columns.some((column) => column.key === name)) {
        known.columns.push({ key: name, ast })
      }
    }
  }
  return [...byItem.values()].map(({ restriction }) => restriction)
}

/**
 * The key columns worth keeping: those that an index helps to find. More columns than an index covers would only read
 * the same rows once for each of their values.
 */
export function indexedKey(root: Block, key: readonly string[]): readonly string[] {
  const useful = new Set<string>()
  for (const [relation, columns] of storedColumns(root, key)) {
    if (relation.rows < smallTableRows) continue
    const covered = coveredByIndex(relation, [...columns.values()])
    if (covered.length === 0) return key
    for (const [name, stored] of columns) if (covered.includes(stored)) useful.add(name)
  }
  const kept = key.filter((name) => useful.has(name))
  return kept.length > 0 ? kept : key
}

/** For each table, the stored column that each key column stands for. */
export function storedColumns(root: Block, key: readonly string[]): Map<RelationFacts, Map<string, string>> {
  const found = new Map<RelationFacts, Map<string, string>>()
  for (const name of key) {
    for (const { item, stored } of origins(root, name)) {
      const columns = found.get(item.relation) ?? new Map<string, string>()
      columns.set(name, stored)
      found.set(item.relation, columns)
    }
  }
  return found
}

/** The longest run of an index's leading columns that are all among these. */
export function coveredByIndex(relation: RelationFacts, columns: readonly string[]): readonly string[] {
  let best: readonly string[] = []
  for (const index of relation.indexes) {
    if (index.partial || index.method !== 'btree') continue
    const end = index.columns.findIndex((column) => !columns.includes(column))
    const run = end < 0 ? index.columns : index.columns.slice(0, end)
    if (run.length > best.length) best = run
  }
  return best
}
