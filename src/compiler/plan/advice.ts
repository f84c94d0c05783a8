import type { Window } from '../clock/types.js'
import { isPiece, type QueryFacts, type RelationFacts } from '../facts.js'
import { ident, join, sql } from '../fragment.js'
import type { Block } from '../ir/types.js'
import { placeOfRelation } from '../places/readers.js'
import { coveredByIndex, smallTableRows, storedColumns } from './branches.js'
import { occurrences } from './occurrences.js'
import { searchedTables } from './searched.js'
import type { Advice, SourcePlan } from './types.js'

/** The index whose absence makes each refreshed slice scan a table, with its SQL. */
export function missingIndexes(
  facts: QueryFacts,
  root: Block,
  sources: readonly SourcePlan[],
  keys: readonly (readonly string[])[],
): Advice[] {
  const found = new Map<string, IndexAdvice>()
  for (const key of keys) {
    for (const [relation, columns] of storedColumns(root, key)) {
      if (relation.rows < smallTableRows || relation.kind === 'foreign') continue
      const stored = [...new Set(columns.values())]
      if (coveredByIndex(relation, stored).length > 0) continue
      for (const advice of indexAdvice(relation, stored, 'is scanned for every slice that is refreshed')) {
        found.set(advice.message, advice)
      }
    }
  }
  for (const advice of unreachedTables(root, sources, keys)) found.set(advice.message, advice)
  for (const advice of searchedWithoutIndex(root, keys)) found.set(advice.message, advice)
  return placed(facts, root, found)
}

/** Large tables of which every refresh has to find the rows that time has moved, and no index tells them. */
export function scannedWindows(facts: QueryFacts, root: Block, windows: readonly Window[]): Advice[] {
  const found = new Map<string, IndexAdvice>()
  for (const { relation, range, inputs } of windows) {
    // What moves in steps is looked for once in each.
    if (relation.rows < smallTableRows || inputs.length > 0) continue
    const column = range?.column
    if (column !== undefined && coveredByIndex(relation, [column]).length > 0) continue
    const what = 'is scanned by every refresh for rows that time has moved'
    const message = `${relation.schema}.${relation.name} ${what}: leave the column alone on its side of the comparison, as in \`ts > now() - interval '1 day'\`.`
    const advice =
      column === undefined ? [{ relation, code: 'clock_scan', message }] : indexAdvice(relation, [column], what)
    for (const each of advice) found.set(each.message, each)
  }
  return placed(facts, root, found)
}

function placed(facts: QueryFacts, root: Block, found: ReadonlyMap<string, IndexAdvice>): Advice[] {
  return [...found.values()].map(({ relation, ...advice }) => {
    return { ...advice, place: placeOfRelation(root.ast, relation, facts) }
  })
}

interface IndexAdvice extends Omit<Advice, 'place'> {
  readonly relation: RelationFacts
}

/** Large tables that no key column leads to are found by a join; the column that joins them needs an index. */
function unreachedTables(
  root: Block,
  sources: readonly SourcePlan[],
  keys: readonly (readonly string[])[],
): IndexAdvice[] {
  if (root.kind !== 'select' || sources.every((source) => source.maintenance === 'full')) return []
  const led = new Set(keys.flatMap((key) => [...storedColumns(root, key).keys()].map((relation) => relation.oid)))
  return occurrences(root).flatMap(({ relation, steps }) => {
    const [step] = steps
    const item = step?.into === undefined ? root.items[step?.index ?? -1] : undefined
    if (steps.length > 1 || item?.kind !== 'table' || led.has(relation.oid) || relation.rows < smallTableRows) return []
    const index = root.items.indexOf(item)
    const joined = root.equalities.flatMap(({ left, right }) =>
      [left, right]
        .filter((side) => side.item === index)
        .map((side) => item.sourceColumns[item.columns.indexOf(side.column)] ?? ''),
    )
    const columns = [...new Set(joined)]
    if (columns.length === 0 || columns.some((column) => coveredByIndex(relation, [column]).length > 0)) return []
    return indexAdvice(relation, columns.slice(0, 1), 'is joined to every slice that is refreshed, by a scan')
  })
}

/** Large tables that a subquery searches for each row of a slice, and has to read whole. */
function searchedWithoutIndex(root: Block, keys: readonly (readonly string[])[]): IndexAdvice[] {
  if (keys.length === 0) return []
  return searchedTables(root).flatMap(({ relation, columns }) => {
    if (relation.rows < smallTableRows || relation.kind === 'foreign') return []
    if (coveredByIndex(relation, columns).length > 0) return []
    return indexAdvice(relation, columns, 'is scanned by a subquery for the rows of every slice that is refreshed')
  })
}

function indexAdvice(relation: RelationFacts, columns: readonly string[], what: string): IndexAdvice[] {
  const { capture } = relation
  // What a view was taken apart into has no configuration of its own.
  if (isPiece(relation)) return []
  if (relation.kind === 'maintained') {
    return [
      {
        relation,
        code: 'missing_index',
        message:
          `The view ${relation.schema}.${relation.name} ${what}: it has no index that starts with ${columns.join(', ')}. ` +
          `Add [${columns.map((column) => `'${column}'`).join(', ')}] to its \`indexes\`.`,
      },
    ]
  }
  const list = join(columns.map((column) => ident(column)))
  return [
    {
      relation,
      code: 'missing_index',
      message:
        `${relation.schema}.${relation.name} (about ${relation.rows.toLocaleString('en')} rows, ${size(relation.bytes)}) ` +
        `${what}: it has no index that starts with ${columns.join(', ')}.`,
      sql: sql`CREATE INDEX CONCURRENTLY ON ${ident(capture.schema, capture.name)} (${list})`.text,
    },
  ]
}

function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`
}
