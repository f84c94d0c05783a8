import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStatus } from '../../src/engine/status.js'
import { Board } from '../../src/worker/board.js'
import { readCatalog, readStates } from '../../src/worker/catalog.js'
import { DatabaseClock } from '../../src/worker/clock.js'
import { Upkeep } from '../../src/worker/upkeep.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, silent } from './kit.js'

const db = await useTestDatabase()
let minutes = 1
let calls: string[] = []
let alarms: string[] = []
let board: Board
let clock: DatabaseClock
let upkeep: Upkeep
let leads: boolean | null = true

beforeEach(async () => {
  minutes = 1
  clock = new DatabaseClock(() => minutes * 60_000)
  calls = []
  alarms = []
  leads = true
  await db.query(`drop table if exists t, u cascade;
    create table t (grp int, n int); create table u (grp int, n int);
    insert into t select i % 10, i from generate_series(1, 100) i`)
  await deploy(db.pool, {
    over_t: { query: 'select grp, sum(n) as total from t group by grp' },
    over_u: { query: 'select grp, sum(n) as total from u group by grp' },
  })
  board = new Board(() => null)
  board.load(await readCatalog(db.pool), await readStates(db.pool), 0)
  const noting = {
    query: async (text: string, values?: readonly unknown[]) => {
      calls.push(text)
      return db.pool.query(text, values as unknown[])
    },
    connect: () => db.pool.connect(),
  }
  upkeep = new Upkeep({
    board,
    clock,
    log: silent,
    database: () => noting as typeof db.pool,
    leads: () => leads,
    raise: (alarm) => alarms.push(`${alarm.kind} ${alarm.view}`),
    lead: async () => {
      calls.push('lead')
      leads = true
      return true
    },
  })
})

afterEach(() => deploy(db.pool, {}))

async function after(more: number): Promise<string[]> {
  minutes += more
  calls = []
  if (upkeep.at <= clock.now()) await upkeep.run()
  return calls.flatMap((text) => {
    if (text.includes('new_warnings')) return []
    return text.includes('maintain') ? 'maintain' : text.includes('suspects') ? 'check' : text
  })
}

test('empties logs while views change, and rests while nothing happens', async () => {
  expect(await after(0)).toEqual([])
  expect(await after(1)).toEqual(['maintain', 'check'])
  expect(await after(60)).toEqual([])
  upkeep.noteWrites()
  expect(await after(1)).toEqual(['maintain'])
  upkeep.noteSomething()
  expect(await after(1)).toEqual(['check'])
  expect(await after(60)).toEqual(['maintain'])
})

test('finds the views whose tables were altered while nobody wrote to them', async () => {
  await after(0)
  await db.query('alter table t drop column n cascade')
  await after(1)
  const suspects = [...board.entries].filter(({ suspect }) => suspect).map(({ view }) => view.name)
  expect(suspects).toEqual(['over_t'])
  expect((await readStatus(db.pool)).map(({ state }) => state)).toEqual(['ready', 'ready'])
})

test('tells once what is not right about who may read a view', async () => {
  await after(0)
  await db.query('alter table tidemark_data.over_t enable row level security')
  upkeep.noteSomething()
  await after(1)
  expect(alarms).toEqual(['warning over_t'])
  upkeep.noteSomething()
  expect(await after(1)).toContain('check')
  expect(alarms).toEqual(['warning over_t'])
})

test('is left to the worker that leads', async () => {
  leads = false
  expect(await after(5)).toEqual([])
  leads = null
  expect(await after(5)).toEqual(['lead'])
  await after(0)
  expect(await after(1)).toEqual(['maintain', 'check'])
})
