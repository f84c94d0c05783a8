import { Pool } from 'pg'
import { expect, it } from 'vitest'
import { applyDeployment, planDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { configured } from '../deploy/support.js'
import { usePrivateServer } from '../kit/index.js'

const server = await usePrivateServer()

it('an unlogged table that a crash emptied is noticed, once', async () => {
  const connect = (): Pool => new Pool({ connectionString: server.url, max: 6 }).on('error', () => undefined)
  const views = configured({
    mv: 'SELECT g, count(*) AS n FROM u GROUP BY g',
    part: 'SELECT g, count(*) AS n FROM p GROUP BY g',
    lasting: 'SELECT g, count(*) AS n FROM t GROUP BY g',
  })
  let pool = connect()
  await pool.query(`CREATE UNLOGGED TABLE u (id int PRIMARY KEY, g int); CREATE TABLE t (id int PRIMARY KEY, g int);
    CREATE TABLE p (id int, g int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (500);
    CREATE UNLOGGED TABLE p2 PARTITION OF p FOR VALUES FROM (500) TO (100000);
    INSERT INTO u SELECT i, i % 100 FROM generate_series(1, 1000) i; INSERT INTO t TABLE u; INSERT INTO p TABLE u`)
  await applyDeployment(pool, views)
  await pool.query('INSERT INTO u VALUES (5000, 1); INSERT INTO t VALUES (5000, 1); INSERT INTO p VALUES (5000, 1)')
  for (const { name } of views) expect((await refreshView(pool, name)).mode).toMatch(/incremental|full/)
  await pool.end().catch(() => undefined)
  await server.kill9()
  await server.start()
  pool = connect()
  expect((await planDeployment(pool, views)).changes).toEqual([])
  expect((await refreshView(pool, 'mv')).mode).toBe('full')
  expect((await pool.query('SELECT * FROM mv')).rows).toEqual([])
  expect((await refreshView(pool, 'lasting')).mode).toBe('noop')
  expect(await verifyView(pool, 'part')).toMatchObject({ missing: 0, unexpected: 0 })
  await pool.query('CALL tidemark.maintain()')
  for (const { name } of views) await refreshView(pool, name)
  for (const { name } of views) expect((await refreshView(pool, name)).mode).toBe('noop')
  await pool.query('INSERT INTO u VALUES (1, 1)')
  for (const { name } of views) expect(await verifyView(pool, name)).toMatchObject({ missing: 0, unexpected: 0 })
  await pool.end()
})
