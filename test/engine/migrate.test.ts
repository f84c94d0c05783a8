import { describe, expect, it } from 'vitest'
import { applyDeployment, planDeployment } from '../../src/deploy/index.js'
import type { Database } from '../../src/engine/database.js'
import { migrate } from '../../src/engine/migrate.js'
import { configured, errorOf } from '../deploy/support.js'
import { createTestDatabase, useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()

describe('migrate', () => {
  it('is safe when twenty start at once', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => db.connect()))
    const applied = await Promise.all(
      clients.map((client) => {
        const query: Database['query'] = (text, values) => client.query(text, values as unknown[])
        return migrate({ query, connect: async () => ({ query, release: () => undefined }) })
      }),
    )
    const [first, ...others] = applied.filter((versions) => versions.length > 0)
    expect(others).toEqual([])
    expect(await db.rows('SELECT version FROM tidemark.migration ORDER BY 1')).toEqual(
      first?.map((version) => ({ version })),
    )
    expect(await migrate(db.pool)).toEqual([])
  })

  it('refuses a catalog that a newer version prepared', async () => {
    const other = await createTestDatabase()
    await migrate(other.pool)
    await other.query('INSERT INTO tidemark.migration (version) VALUES (9999)')
    expect(await errorOf(migrate(other.pool))).toMatchObject({
      code: 'CATALOG_NEWER',
      message: expect.stringContaining('9999'),
    })
    expect(await errorOf(applyDeployment(other.pool, []))).toMatchObject({ code: 'CATALOG_NEWER' })
    await other.drop()
  })

  it('refuses an older server, before it does anything', async () => {
    const texts: string[] = []
    const query: Database['query'] = async (text) => {
      texts.push(text)
      return { rows: [{ number: 140011, version: '14.11' }] as never[], rowCount: 1 }
    }
    const old: Database = { query, connect: () => Promise.reject(new Error('it was asked to connect')) }
    const views = configured({ mv: 'SELECT 1 AS one' })
    for (const work of [() => migrate(old), () => applyDeployment(old, views), () => planDeployment(old, views)]) {
      expect(await errorOf(work())).toMatchObject({
        code: 'POSTGRES_TOO_OLD',
        message: expect.stringContaining('14.11'),
      })
    }
    expect(texts).toHaveLength(3)
  })
})
