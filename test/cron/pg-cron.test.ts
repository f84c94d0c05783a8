import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { applyDeployment } from '../../src/deploy/index.js'
import { readStatus } from '../../src/engine/status.js'
import { configured } from '../deploy/support.js'
import { startPrivateServer, testedVersion } from '../kit/index.js'

/** pg_cron comes from Debian, for its own PostgreSQL: it is there on 15 alone. */
const installed = existsSync('/usr/lib/postgresql/15/lib/pg_cron.so')
const wanted = testedVersion() === 15

if (wanted && !installed && !process.env.CI) console.log('skipped: pg_cron is not installed (postgresql-15-cron)')

/** pg_cron opens connections of its own, without a password. */
async function letCronIn(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ hba_file: string }>('SHOW hba_file')
  await pool.query(`COPY (SELECT 'host all all 127.0.0.1/32 trust') TO '${rows[0]?.hba_file}'`)
  await pool.query('SELECT pg_reload_conf()')
}

describe.runIf(wanted && (installed || process.env.CI !== undefined))('pg_cron', () => {
  it('keeps views fresh with nothing but CALL tidemark.tick()', async () => {
    expect(installed, 'CI has to have postgresql-15-cron').toBe(true)
    const server = await startPrivateServer({
      settings: { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'postgres', 'cron.host': '127.0.0.1' },
    })
    const pool = new pg.Pool({ connectionString: server.url, max: 4 })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    afterAll(async () => {
      await pool.end()
      await server.remove()
    })
    await letCronIn(pool)
    await pool.query(`CREATE EXTENSION pg_cron;
      CREATE TABLE sale (id integer PRIMARY KEY, shop integer, amount integer);
      INSERT INTO sale SELECT i, i % 7, i FROM generate_series(1, 100) i`)
    await applyDeployment(
      pool,
      configured({
        mv_shop: { query: 'SELECT shop, sum(amount) AS total FROM sale GROUP BY shop', freshness: '1s' },
        mv_rank: {
          query: 'SELECT total > 700 AS big, count(*) AS shops FROM mv_shop GROUP BY 1',
          freshness: '1s',
        },
      }),
    )
    await pool.query("SELECT cron.schedule('tidemark', '* * * * *', 'CALL tidemark.tick()')")
    await pool.query('UPDATE sale SET amount = amount + 1000 WHERE shop = 3')
    for (let waited = 0; waited < 130; waited++) {
      const status = await readStatus(pool)
      if (status.every((view) => view.pendingChanges === 0)) break
      await delay(1000)
    }
    const { rows: jobs } = await pool.query('SELECT DISTINCT status, return_message FROM cron.job_run_details')
    expect(jobs).toEqual([{ status: 'succeeded', return_message: 'CALL' }])
    expect((await pool.query('SELECT total::integer FROM mv_shop WHERE shop = 3')).rows[0]?.total).toBeGreaterThan(
      10_000,
    )
    expect((await pool.query('SELECT * FROM mv_rank ORDER BY big')).rows).toEqual(
      (await pool.query('SELECT total > 700 AS big, count(*) AS shops FROM mv_shop GROUP BY 1 ORDER BY big')).rows,
    )
  })
})
