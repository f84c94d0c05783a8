import { expect, test } from 'vitest'
import { testedVersion, useTestDatabase } from '../kit/index.js'
import { deployLibrary } from '../oracle/library.js'
import { catalogue } from './catalogue/index.js'
import { wholeSql } from './emitted.js'
import { schemaSql } from './schema.js'

/** One that is kept by slices whose key can be NULL, one by deltas, and one that is recomputed. */
const shown = ['rank', 'join_grouped', 'no_partition']

const db = await useTestDatabase()

// PostgreSQL 15 writes queries back in another way.
test.runIf(testedVersion() === 18)('all the SQL that keeps a view', async () => {
  const all = Object.values(catalogue).flatMap((constructs) => constructs.flatMap(({ shapes }) => shapes))
  const shapes = all.filter(({ name }) => shown.includes(name))
  expect(shapes.map(({ name }) => name).sort()).toEqual([...shown].sort())
  await deployLibrary(db.pool, shapes, schemaSql)
  for (const { name } of shapes) {
    await expect(await wholeSql(db, name)).toMatchFileSnapshot(`emitted/whole/${name}.sql`)
  }
})
