import type { ClientBase } from 'pg'
import { addOrders, prepareGenerator, type TpchSize } from './data.js'

/** A thousandth of the orders, at each round. */
export function ordersPerRound({ orders }: TpchSize): number {
  return Math.max(1, Math.round(orders / 1000))
}

/**
 * The two refresh functions of the specification, in a transaction each. Rounds are numbered from 1, and with the usual
 * number of orders there is room for a thousand: then all that was loaded is deleted.
 * @param count orders that come, and that go.
 */
export async function applyRefreshPair(
  client: ClientBase,
  size: TpchSize,
  round: number,
  count = ordersPerRound(size),
): Promise<void> {
  if (!Number.isSafeInteger(round) || round < 1 || round * count > size.orders) {
    throw new RangeError(`there is no round ${round} of refresh functions at this scale`)
  }
  await insertNewOrders(client, size, round, count)
  await deleteOldOrders(client, round, count)
}

/** RF1. Their keys are between those of the orders that were loaded. */
async function insertNewOrders(client: ClientBase, size: TpchSize, round: number, count: number): Promise<void> {
  await prepareGenerator(client)
  await addOrders(client, size, (round - 1) * count, round * count, 1)
}

/** RF2. The orders that were loaded first, of all years. */
async function deleteOldOrders(client: ClientBase, round: number, count: number): Promise<void> {
  const values = [(round - 1) * count, round * count - 1]
  const chosen = 'select n / 8 * 32 + n % 8 + 1 from generate_series($1::int, $2::int) as n'
  await client.query('begin')
  try {
    await client.query(`delete from lineitem where l_orderkey in (${chosen})`, values)
    await client.query(`delete from orders where o_orderkey in (${chosen})`, values)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
