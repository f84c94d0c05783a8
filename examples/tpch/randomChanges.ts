import type { ClientBase } from 'pg'
import type { Table } from './changes/chosen.js'
import { offerChanges, partChanges, supplierChanges } from './changes/goods.js'
import { nationChanges, regionChanges } from './changes/places.js'
import { customerChanges, lineChanges, orderChanges } from './changes/sales.js'
import { prepareGenerator } from './data.js'

const changes: Readonly<Record<Table, readonly string[]>> = {
  lineitem: lineChanges,
  orders: orderChanges,
  customer: customerChanges,
  part: partChanges,
  partsupp: offerChanges,
  supplier: supplierChanges,
  nation: nationChanges,
  region: regionChanges,
}

const statements = Object.values(changes).flat()
/** So many seeds are left to a round: a statement more does not change those of the others. */
const seedsPerRound = 100
const maxRows = 1_000
const maxRounds = 10_000

/**
 * Inserts, updates and deletes on all eight tables, in one transaction, which keep foreign keys valid. They change what
 * the queries filter, join and group by. No constraint of TPC-H on values is kept: a line may be shipped before its order.
 * @param rows that a statement changes; some of them fewer, and where others refer to a row that is deleted they go too.
 * @returns rows changed.
 */
export async function randomChanges(client: ClientBase, round: number, rows: number): Promise<number> {
  if (!(Number.isSafeInteger(round) && round >= 1 && round <= maxRounds)) {
    throw new RangeError(`rounds go from 1 to ${maxRounds}, not to ${round}`)
  }
  if (!(Number.isSafeInteger(rows) && rows >= 1 && rows <= maxRows)) {
    throw new RangeError(`a statement changes from 1 to ${maxRows} rows, not ${rows}`)
  }
  await prepareGenerator(client)
  await client.query('begin')
  try {
    let changed = 0
    for (const [index, statement] of statements.entries()) {
      const { rowCount } = await client.query(statement, [round * seedsPerRound + index, rows])
      changed += rowCount ?? 0
    }
    await client.query('commit')
    return changed
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
