import { beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/define/load-config.js'
import { createTestDatabase, useTestDatabase } from '../../test/kit/index.js'
import { loadTpch, tpchSize } from './data.js'
import { randomChanges } from './randomChanges.js'
import { applyRefreshPair, ordersPerRound } from './refreshFunctions.js'

const scaleFactor = 0.003
const db = await useTestDatabase()

/** A sum over hashes of all rows. */
const fingerprint = `select ${['region', 'nation', 'part', 'supplier', 'partsupp', 'customer', 'orders', 'lineitem']
  .map((table) => `(select sum(hashtextextended(${table}::text, 0)) from ${table})::text as ${table}`)
  .join(', ')}`

describe('the data of TPC-H', () => {
  beforeAll(async () => {
    await loadTpch(await db.connect(), { scaleFactor })
  })

  it('has the cardinalities of its scale', async () => {
    const [counted] = await db.rows(`select (select count(*)::int from supplier) as suppliers,
      (select count(*)::int from part) as parts, (select count(*)::int from partsupp) as offers,
      (select count(*)::int from customer) as customers, (select count(*)::int from orders) as orders,
      (select count(*) between 3.9 * 4500 and 4.1 * 4500 from lineitem) as lines,
      (select count(*)::int from nation) as nations, (select count(*)::int from region) as regions`)
    expect(counted).toEqual({
      suppliers: 30,
      parts: 600,
      offers: 2400,
      customers: 450,
      orders: 4500,
      lines: true,
      nations: 25,
      regions: 5,
    })
  })

  it('keeps the rules of the specification', async () => {
    const [broken] = await db.rows(`select
      (select count(*)::int from orders where o_custkey % 3 = 0) as "a third of the customers has no orders",
      (select count(*)::int from orders where (o_orderkey - 1) % 32 >= 8) as "8 of 32 keys",
      (select count(*)::int from orders where not o_orderdate between '1992-01-01' and '1998-08-02') as "dates",
      (select count(*)::int from lineitem join orders on l_orderkey = o_orderkey where not (
        l_shipdate - o_orderdate between 1 and 121 and l_commitdate - o_orderdate between 30 and 90
        and l_receiptdate - l_shipdate between 1 and 30)) as "dates of lines",
      (select count(*)::int from lineitem where (l_returnflag = 'N') <> (l_receiptdate > '1995-06-17')
        or (l_linestatus = 'O') <> (l_shipdate > '1995-06-17')) as "flags",
      (select count(*)::int from lineitem join part on l_partkey = p_partkey
        where l_extendedprice <> l_quantity * p_retailprice) as "prices",
      (select count(*)::int from orders join (select l_orderkey, string_agg(distinct l_linestatus, '') as states,
          sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) as total from lineitem group by 1) lines
        on l_orderkey = o_orderkey
        where o_totalprice <> round(total, 2) or o_orderstatus <> case when length(states) = 1 then states else 'P' end
      ) as "totals",
      (select count(*)::int from customer where substr(c_phone, 1, 2) <> (10 + c_nationkey)::text) as "phones"`)
    expect(Object.entries(broken ?? {}).filter(([, count]) => count !== 0)).toEqual([])
  })

  it('leaves no query without a result', async () => {
    const { views } = await loadConfig('examples/tpch/tidemark.config.ts')
    const empty: string[] = []
    for (const { name, query } of views) {
      const [first] = await db.rows(query)
      if (first === undefined || Object.values(first).includes(null)) empty.push(name)
    }
    expect(views.length).toBe(22)
    expect(empty).toEqual([])
  })

  it('is the same in every run, changes included', async () => {
    const again = await createTestDatabase()
    try {
      const size = tpchSize(scaleFactor)
      await loadTpch(await again.connect(), { scaleFactor })
      const loaded = await db.rows(fingerprint)
      expect(await again.rows(fingerprint)).toEqual(loaded)
      for (const database of [db, again]) {
        const client = await database.connect()
        for (const round of [1, 2]) {
          await applyRefreshPair(client, size, round)
          await randomChanges(client, round, 10)
        }
      }
      const changed = await db.rows(fingerprint)
      expect(await again.rows(fingerprint)).toEqual(changed)
      for (const [table, hash] of Object.entries(loaded[0] ?? {})) expect(changed[0]?.[table], table).not.toBe(hash)
    } finally {
      await again.drop()
    }
  })

  it('has a refresh pair that keeps the number of orders', async () => {
    const fresh = await createTestDatabase()
    try {
      const client = await fresh.connect()
      const size = await loadTpch(client, { scaleFactor: 0.001 })
      const keys = async () =>
        (await fresh.rows<{ key: number }>('select o_orderkey as key from orders')).map(({ key }) => key)
      const before = new Set(await keys())
      await applyRefreshPair(client, size, 1)
      const after = await keys()
      expect(after.length).toBe(size.orders)
      expect(after.filter((key) => !before.has(key)).length).toBe(ordersPerRound(size))
      await expect(applyRefreshPair(client, size, 1_000_000)).rejects.toThrow(RangeError)
    } finally {
      await fresh.drop()
    }
  })
})
