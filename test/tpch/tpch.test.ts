import type { Client } from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadTpch, type TpchSize } from '../../examples/tpch/data.js'
import { randomChanges } from '../../examples/tpch/randomChanges.js'
import { applyRefreshPair } from '../../examples/tpch/refreshFunctions.js'
import { loadConfig } from '../../src/define/load-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { applyDeployment, type Explanation, explainViews } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { chooseMode, type Mode } from '../oracle/checks.js'

const rounds = 10
const rowsPerStatement = 20
/** So small a view is recomputed when that is left to Tidemark: each is also refreshed in the ways that it would not choose. */
const modes: readonly Mode[] = ['own', 'slices', 'delta', 'batch', 'delta']

/** Tables by how they are followed. A view that gets better shows here; one that gets worse, too. */
const expectedMaintenance: Readonly<Record<string, Partial<Record<'slice' | 'delta' | 'full', string>>>> = {
  q01: { delta: 'lineitem' },
  q02: { slice: 'nation part partsupp region supplier' },
  q03: { slice: 'customer lineitem orders' },
  q04: { slice: 'lineitem orders' },
  q05: { delta: 'customer lineitem nation orders region supplier' },
  q06: { delta: 'lineitem' },
  q07: { delta: 'customer lineitem nation orders supplier' },
  q08: { delta: 'customer lineitem nation orders part region supplier' },
  q09: { delta: 'lineitem nation orders part partsupp supplier' },
  q10: { slice: 'customer lineitem nation orders' },
  q11: { full: 'nation partsupp supplier' },
  q12: { delta: 'lineitem orders' },
  q13: { slice: 'customer orders' },
  q14: { delta: 'lineitem part' },
  q15: { slice: 'lineitem supplier' },
  q16: { slice: 'part partsupp supplier' },
  q17: { slice: 'lineitem part' },
  q18: { slice: 'customer lineitem orders' },
  q19: { delta: 'lineitem part' },
  q20: { slice: 'lineitem nation part partsupp supplier' },
  q21: { slice: 'lineitem nation orders supplier' },
  q22: { slice: 'orders', full: 'customer' },
}

const db = await useTestDatabase()
let client: Client
let size: TpchSize
let views: readonly NormalisedView[] = []

describe('the queries of TPC-H', () => {
  beforeAll(async () => {
    client = await db.connect()
    await client.query('set jit = off')
    size = await loadTpch(client, { scaleFactor: 0.003 })
    views = (await loadConfig('examples/tpch/tidemark.config.ts')).views
    await applyDeployment(db.pool, views)
  })

  test('are maintained as is known of them', async () => {
    const explained = await explainViews(db.pool, views)
    expect(Object.fromEntries(explained.map(maintenanceOf))).toEqual(expectedMaintenance)
  })

  test('are right after each of ten rounds of changes', async () => {
    const wrong: string[] = []
    const results = new Map<string, Set<string>>(views.map(({ name }) => [name, new Set()]))
    const ways = new Map<string, Set<string>>(views.map(({ name }) => [name, new Set()]))
    const refresh = async (round: number, step: string, chosen: (index: number) => boolean) => {
      for (const [index, view] of views.entries()) {
        if (!chosen(index)) continue
        const compared = await refreshAndCompare(view, modes[(round + index) % modes.length] ?? 'own')
        ways.get(view.name)?.add(compared.mode)
        results.get(view.name)?.add(compared.rows)
        if (compared.failure !== undefined) wrong.push(`round ${round}, ${step}, ${view.name}: ${compared.failure}`)
      }
    }
    for (let round = 1; round <= rounds; round++) {
      await applyRefreshPair(client, size, round)
      // Every fourth view: the others see these changes together with those that follow.
      await refresh(round, 'refresh pair', (index) => (round + index) % 4 === 0)
      await randomChanges(client, round, rowsPerStatement)
      await refresh(round, 'random changes', () => true)
    }
    expect(wrong).toEqual([])
    // Changes that no view notices would prove nothing, nor would views that were recomputed each time.
    expect([...results].filter(([, seen]) => seen.size < 3).map(([name]) => name)).toEqual([])
    const incremental = (await explainViews(db.pool, views)).filter((explained) => explained.incremental)
    expect(incremental.filter(({ view }) => !ways.get(view)?.has('incremental')).map(({ view }) => view)).toEqual([])
  })
})

function maintenanceOf({ view, sources }: Explanation) {
  const tables: Record<string, string> = {}
  for (const { table, maintenance } of [...sources].sort((a, b) => (a.table < b.table ? -1 : 1))) {
    tables[maintenance] = tables[maintenance] === undefined ? table : `${tables[maintenance]} ${table}`
  }
  return [view, tables] as const
}

interface Compared {
  readonly failure?: string
  /** How it was refreshed. */
  readonly mode: string
  /** A hash of what the query returns. */
  readonly rows: string
}

/** By SQL of the test's own, in the snapshot in which the view was refreshed; Tidemark's own verify has no part in it. */
async function refreshAndCompare({ name, query }: NormalisedView, way: Mode): Promise<Compared> {
  await client.query('begin isolation level repeatable read')
  try {
    const found = await client.query('select id from tidemark.view where view_name = $1', [name])
    await client.query(chooseMode({ ids: [found.rows[0].id] }, way))
    const refreshed = await client.query('select mode, error from tidemark.refresh($1)', [name])
    const { mode, error } = refreshed.rows[0]
    const compared = await client.query(
      `with asked as materialized (select * from (${query}\n) as query)
       select (select count(*)::int from (select * from asked except all select * from ${name}) as q) as missing,
         (select count(*)::int from (select * from ${name} except all select * from asked) as q) as unexpected,
         (select md5(string_agg(asked::text, ';' order by asked::text)) from asked) as rows`,
    )
    await client.query('commit')
    const { missing, unexpected, rows } = compared.rows[0]
    if (mode === 'failed' || mode === 'skipped')
      return { failure: `${mode}: ${error?.code} ${error?.message}`, mode, rows }
    if (missing + unexpected > 0)
      return { failure: `after ${mode}: ${missing} missing, ${unexpected} unexpected`, mode, rows }
    return { mode, rows }
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
