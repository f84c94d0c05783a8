import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

export interface TpchOptions {
  /** 1 is 1,500,000 orders with 6,000,000 lines; from 0.001 to 100. */
  readonly scaleFactor: number
  /** The same seed and scale give the same rows. The default leaves no query empty, at 0.003 already. */
  readonly seed?: number
  readonly onProgress?: (progress: TpchProgress) => void
}

export interface TpchProgress {
  readonly step: 'tables' | 'orders' | 'keys' | 'analyze' | 'done'
  /** Orders loaded so far. */
  readonly loaded: number
  readonly total: number
}

/** Numbers of rows; the specification's at every scale factor. */
export interface TpchSize {
  readonly seed: number
  readonly suppliers: number
  readonly parts: number
  readonly customers: number
  readonly orders: number
  readonly clerks: number
}

/** Orders are made in batches: the memory that the load needs does not grow. Rows are the same whatever it is. */
const batchSize = 50_000

const defaultSeed = 11

export function tpchSize(scaleFactor: number, seed = defaultSeed): TpchSize {
  if (!(scaleFactor >= 0.001 && scaleFactor <= 100)) {
    throw new RangeError(`the scale factor must be from 0.001 to 100, not ${scaleFactor}`)
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, not ${seed}`)
  const scaled = (rows: number) => Math.round(rows * scaleFactor)
  return {
    seed,
    suppliers: scaled(10_000),
    parts: scaled(200_000),
    customers: scaled(150_000),
    orders: scaled(1_500_000),
    clerks: scaled(1_000),
  }
}

/**
 * Makes the tables and fills them. The client must be one connection, outside a transaction (the load ends with VACUUM),
 * in a database where the tables do not exist yet.
 */
export async function loadTpch(client: ClientBase, options: TpchOptions): Promise<TpchSize> {
  const { scaleFactor, seed, onProgress = () => {} } = options
  const size = tpchSize(scaleFactor, seed)
  const report = (step: TpchProgress['step'], loaded: number) => onProgress({ step, loaded, total: size.orders })

  await client.query(loadSettings)
  try {
    report('tables', 0)
    await client.query(await sqlFile('schema.sql'))
    await prepareGenerator(client)
    await client.query(await sqlFile('load/places.sql'), [size.seed])
    await client.query(await sqlFile('load/suppliers.sql'), [size.seed, size.suppliers])
    await client.query(await sqlFile('load/parts.sql'), [size.seed, size.parts, size.suppliers])
    await client.query(await sqlFile('load/customers.sql'), [size.seed, size.customers])
    for (let loaded = 0; loaded < size.orders; ) {
      report('orders', loaded)
      const next = Math.min(loaded + batchSize, size.orders)
      await addOrders(client, size, loaded, next, 0)
      loaded = next
    }
    report('keys', size.orders)
    await client.query(await sqlFile('keys.sql'))
    report('analyze', size.orders)
    // VACUUM too: hint bits and the visibility map are set now, not by the first query that is measured.
    await client.query('vacuum (analyze) region, nation, part, supplier, partsupp, customer, orders, lineitem')
    report('done', size.orders)
  } finally {
    await client.query(resetSettings)
  }
  return size
}

/** The functions that rows are made with, in the session's temporary schema. */
export async function prepareGenerator(client: ClientBase): Promise<void> {
  await client.query(await sqlFile('load/functions.sql'))
}

/**
 * Orders with their lines. The specification gives orders 8 of each 32 keys: `gap` 0 are those, 1 to 3 are those between,
 * which are left for orders that come later.
 * @param first, end numbers of the orders, from 0; `end` is not made.
 */
export async function addOrders(
  client: ClientBase,
  size: TpchSize,
  first: number,
  end: number,
  gap: 0 | 1 | 2 | 3,
): Promise<void> {
  const { seed, customers, parts, suppliers, clerks } = size
  const values = [seed, first, end - 1, gap, customers, parts, suppliers, clerks]
  await client.query(await sqlFile('load/orders.sql'), values)
}

/** Without JIT: it compiles for seconds what then runs for seconds. The rest keeps sorts and index builds in memory. */
const loadSettings = `
  set jit = off; set work_mem = '256MB'; set maintenance_work_mem = '512MB'; set synchronous_commit = off;
  set client_min_messages = warning`
const resetSettings = `
  reset jit; reset work_mem; reset maintenance_work_mem; reset synchronous_commit; reset client_min_messages`

function sqlFile(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8')
}
