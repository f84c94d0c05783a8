import { readdir } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { type TestDatabase, testedVersion, useTestDatabase } from '../kit/index.js'
import { chooseMode, type Mode, readTargets, type Target } from '../oracle/checks.js'
import { deployLibrary, identifier } from '../oracle/library.js'
import { emittedSql } from './emitted.js'
import { rowsOf, written } from './rows.js'
import { schemaSql, startSql, steps } from './schema.js'
import type { CatalogueShape, Construct } from './shape.js'

/** Modes that can be forced on a view, besides recomputing it. */
const waysOf: readonly { readonly mode: Mode; readonly statement: string }[] = [
  { mode: 'slices', statement: 'slices' },
  { mode: 'batch', statement: 'batch' },
  { mode: 'delta', statement: 'delta' },
]

/**
 * Tests of one family of the catalogue: how each view is maintained; the SQL that does it, against `emitted/<family>/`;
 * and its rows, after every step against those of its query, and in the end against those that were worked out by hand,
 * in every mode that the view can be refreshed in.
 */
export async function checkFamily(family: string, constructs: readonly Construct[]): Promise<void> {
  const shapes = constructs.flatMap((construct) => construct.shapes)
  const db = await useTestDatabase()
  let targets: readonly Target[] = []

  beforeAll(async () => {
    await db.query(`ALTER DATABASE ${identifier(db.name)} SET TimeZone = 'UTC'`)
    await deployLibrary(db.pool, shapes, `${schemaSql}; ${startSql}`)
    targets = await readTargets(db.pool, shapes)
  }, 120_000)

  describe.each(constructs)('$construct', (construct) => {
    describe.each(construct.shapes)('$name', (shape) => {
      test('is maintained as is known of it', async () => {
        expect(await maintenanceOf(db, shape.name)).toEqual({ pieces: 0, ...known(shape) })
      })

      // PostgreSQL 15 writes queries back in another way: names of columns come with those of their tables.
      test.runIf(testedVersion() === 18)('is kept by this SQL', async () => {
        await expect(await emittedSql(db, shape.name)).toMatchFileSnapshot(`emitted/${family}/${shape.name}.sql`)
      })

      test('has the rows of its query', async () => {
        const target = targets.find(({ name }) => name === shape.name)
        if (target === undefined) throw new Error(`${shape.name} is not deployed`)
        for (const mode of await modesOf(db, target)) await followSteps(db, target, shape, mode)
      })
    })
  })

  test('every file of emitted SQL is of a shape', async () => {
    const files = await readdir(new URL(`emitted/${family}/`, import.meta.url))
    expect(files.filter((file) => !shapes.some(({ name }) => file === `${name}.sql`))).toEqual([])
  })
}

function known({ maintenance, pieces }: CatalogueShape) {
  return { maintenance, ...(pieces !== undefined && { pieces }) }
}

async function maintenanceOf(db: TestDatabase, name: string) {
  const [view] = await db.rows<{ explanation: Explanation; pieces: number }>(
    'SELECT explanation, cardinality(tidemark.pieces(id)) AS pieces FROM tidemark.view WHERE view_name = $1 AND NOT hidden',
    [name],
  )
  const sources = view?.explanation.sources ?? []
  const maintenance = Object.fromEntries(sources.map(({ table, maintenance, code }) => [table, code ?? maintenance]))
  return { pieces: view?.pieces, maintenance }
}

async function modesOf(db: TestDatabase, { ids }: Target): Promise<readonly Mode[]> {
  const [has] = await db.rows<Record<string, boolean>>(
    `SELECT bool_or(statements ->> 'slices' IS NOT NULL) AS slices, bool_or(statements ->> 'batch' IS NOT NULL) AS batch,
       bool_or(statements ->> 'delta' IS NOT NULL) AS delta FROM tidemark.view WHERE id = ANY ($1)`,
    [ids],
  )
  return ['full', ...waysOf.filter(({ statement }) => has?.[statement]).map(({ mode }) => mode)]
}

/** From the start to the end: once with a refresh after each step, once with a single one. */
async function followSteps(db: TestDatabase, target: Target, shape: CatalogueShape, mode: Mode): Promise<void> {
  for (const rounds of [steps, [{ name: 'all steps at once', sql: steps.map(({ sql }) => sql).join('\n') }]]) {
    await db.query(startSql)
    await refreshView(db.pool, shape.name, { full: true })
    for (const { name, sql } of rounds) {
      await db.query(sql)
      await refreshAndCompare(db, target, shape, mode, name)
    }
    expect(await rowsOf(db.pool, 'public', shape.name), `${mode}, in the end`).toEqual(written(shape.rows))
  }
}

async function refreshAndCompare(db: TestDatabase, target: Target, shape: CatalogueShape, mode: Mode, after: string) {
  const when = `${mode}, ${after}`
  if (mode !== 'full') await db.query(chooseMode(target, mode))
  const chosen = await chosenStatement(db, target)
  const refreshed = await refreshView(db.pool, shape.name, { full: mode === 'full' })
  expect(refreshed.error, when).toBeUndefined()
  // Where no slice is touched, none is computed in one pass.
  const counts = refreshed.mode === 'incremental' && refreshed.slices !== 0
  if (chosen !== undefined && counts) expect(chosen, when).toBe(mode)
  // Of a view in pieces, the last one may be computed whole from the small ones below it.
  const whole = mode === 'full' || target.ids.length > 1
  if (!whole && isIncremental(shape)) expect(['incremental', 'noop'], when).toContain(refreshed.mode)
  const query = await rowsOf(db.pool, 'oracle', shape.name)
  expect(await rowsOf(db.pool, 'public', shape.name), when).toEqual(query)
}

function isIncremental({ maintenance }: CatalogueShape): boolean {
  return Object.values(maintenance).every((how) => how === 'slice' || how === 'delta')
}

/** Which statement the database is going to run; undefined where nothing is pending, and for a view in pieces. */
async function chosenStatement(db: TestDatabase, { ids }: Target): Promise<string | undefined> {
  if (ids.length > 1) return undefined
  const [chosen] = await db.rows<{ statement: string; pending: string | null }>(
    `SELECT c.statement, c.pending FROM tidemark.view v JOIN tidemark.state s ON s.view_id = v.id,
       LATERAL tidemark.choose_statement(v, s) c WHERE v.id = $1`,
    [...ids],
  )
  return chosen === undefined || chosen.pending === '0' ? undefined : chosen.statement
}
