import type { RelationFacts } from '../facts.js'
import type { Block } from '../ir/types.js'
import { findKey } from './viewKey.js'

/** By oid of a table, unique keys of it. */
export type KeysByTable = ReadonlyMap<number, readonly (readonly string[])[]>

/**
 * The unique keys of tables because of which a query's rows are told apart by these columns: as long as there are all of
 * them they are, whatever becomes of others.
 */
export function reliedKeys(root: Block, relations: Iterable<RelationFacts>, key: readonly string[]): KeysByTable {
  const tables = [...relations].filter(({ kind }) => kind === 'table' || kind === 'partitioned')
  const relied = new Map(tables.map(({ oid, keys }) => [oid, keys]))
  const isProved = (): boolean =>
    findKey(root, ({ oid, keys }) => relied.get(oid) ?? keys)?.every((name) => key.includes(name)) ?? false
  for (const { oid } of tables) {
    // The primary key, which stands first, is the last to be done without.
    for (const one of [...(relied.get(oid) ?? [])].reverse()) {
      const before = relied.get(oid) ?? []
      relied.set(
        oid,
        before.filter((other) => other !== one),
      )
      if (!isProved()) relied.set(oid, before)
    }
  }
  return new Map([...relied].filter(([, keys]) => keys.length > 0))
}
