import { storedColumn } from '../analyze/columnType.js'
import type { KeysByTable } from '../analyze/reliedKeys.js'
import { itemKeys } from '../analyze/viewKey.js'
import { isExactColumn } from '../exactTypes.js'
import { storedName } from '../ir/types.js'
import { type FlatJoin, type LinkedTables, linkedTables } from './flat.js'

/** Which of two joined tables is found by a key of its own. */
export interface PairKey {
  readonly side: 'first' | 'second'
  /** Each column of the key, and that of the other table which it is compared with: of one type, so that no two keys equal it. */
  readonly columns: readonly { readonly key: string; readonly referring: string }[]
}

export function keyOfPair(linked: LinkedTables): PairKey | undefined {
  return keyOf(linked, 'second') ?? keyOf(linked, 'first')
}

function keyOf({ first, second, equal }: LinkedTables, side: PairKey['side']): PairKey | undefined {
  const [mine, other] = side === 'first' ? [first, second] : [second, first]
  const compared = equal
    .map(({ first: one, second: two }) =>
      side === 'first' ? { key: one, referring: two } : { key: two, referring: one },
    )
    .filter(({ key, referring }) => {
      const [one, two] = [storedColumn(mine.item, key), storedColumn(other.item, referring)]
      return one !== undefined && one.type === two?.type && isExactColumn(one) && isExactColumn(two)
    })
  for (const key of itemKeys(mine.item)) {
    const columns = key.flatMap((column) => compared.find((pair) => pair.key === column) ?? [])
    if (key.length > 0 && columns.length === key.length) return { side, columns }
  }
  return undefined
}

/** The keys that are counted on where two tables of a join changed, as the tables name them. */
export function pairKeys(flat: FlatJoin): KeysByTable {
  const found = new Map<number, (readonly string[])[]>()
  for (const linked of linkedTables(flat)) {
    const key = keyOfPair(linked)
    if (key === undefined) continue
    const { item } = linked[key.side]
    const { oid, kind } = item.relation
    // What holds the rows of a view keeps its key.
    if (kind !== 'maintained') {
      found.set(oid, [...(found.get(oid) ?? []), key.columns.map((column) => storedName(item, column.key))])
    }
  }
  return found
}
