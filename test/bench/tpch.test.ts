import { expect, test } from 'vitest'
import { concurrently, createPeer, peerRefresh, peerSchema, plain } from '../../bench/kit/peers.js'
import { deployWhatCan, tpchViews } from '../../bench/tpch/views.js'
import { configured } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

test('a query that cannot be deployed is told with its code, and the others are deployed', async () => {
  await db.query('create table sales (id int primary key, shop int not null, price numeric)')
  await db.query('insert into sales values (1, 1, 10), (2, 1, 20), (3, 2, 30)')
  const views = configured({
    good: 'select shop, sum(price) as total from sales group by shop',
    unknown_column: 'select shop, sum(cost) as total from sales group by shop',
    not_unique: { query: 'select shop, price from sales', key: ['shop'] },
    not_computable: 'select id, price / (price - 20) as share from sales',
  })
  const deployed = await deployWhatCan(db.pool, views)
  expect(deployed.views.map(({ name }) => name)).toEqual(['good'])
  expect(deployed.explanations.get('good')).toMatchObject({ incremental: true })
  expect(deployed.rejected.map(({ case: name, code }) => [name, code])).toEqual([
    ['unknown_column', 'QUERY_INVALID'],
    ['not_unique', 'KEY_NOT_UNIQUE'],
    ['not_computable', 'BUILD_FAILED'],
  ])
  expect(deployed.rejected.every(({ message }) => message.length > 0)).toBe(true)
})

test('a peer without a key can be refreshed CONCURRENTLY', async () => {
  const client = await db.pool.connect()
  try {
    await client.query(
      `create schema ${peerSchema}; create table seen (n int); set search_path = ${peerSchema}, public`,
    )
    await createPeer(client, 'total', 'select sum(n) as total from seen -- of all', [])
    await client.query('insert into seen values (1), (2)')
    expect(await peerRefresh(client, concurrently, 'total')).toBeGreaterThan(0)
    expect((await client.query('select total::int from total')).rows).toEqual([{ total: 3 }])
    await client.query('insert into seen values (3)')
    await peerRefresh(client, plain, 'total')
    expect((await client.query('select total::int from total')).rows).toEqual([{ total: 6 }])
  } finally {
    await client.query('reset all')
    client.release()
  }
})

test('queries are chosen by number', async () => {
  expect((await tpchViews([3, 18, 99])).map(({ name }) => name)).toEqual(['q03', 'q18'])
  expect((await tpchViews()).length).toBe(22)
})
