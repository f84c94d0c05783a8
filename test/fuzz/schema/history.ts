import type { Mode } from '../../oracle/checks.js'
import type { Random } from '../../oracle/random.js'
import type { Round, Step } from '../case.js'
import type { HistoryWeights } from '../emphasis.js'
import { alteration } from './alterations.js'
import type { Table } from './table.js'
import { insert, truncate, writeStatement, writesEverywhere } from './writes.js'

const sessions = 3
const modes: readonly Mode[] = ['own', 'slices', 'batch', 'delta', 'full']

/** Rows that are there before the views: of some tables none. */
export function makeData(random: Random, tables: readonly Table[]): string[] {
  const most = random.pick([3, 5, 10])
  return tables.flatMap((table) => Array.from({ length: random.int(0, most) }, () => insert(random, table)))
}

export interface HistoryRequest extends HistoryWeights {
  /** Statements that refresh what PostgreSQL itself keeps. */
  readonly refreshes: readonly string[]
}

/** How often one history has each of these. */
interface Chances {
  readonly altering: number
  readonly beginning: number
  readonly refreshes: readonly string[]
}

/** Transactions of several sessions, a step of one after a step of another; some go on over several refreshes. */
export function makeHistory(
  random: Random,
  tables: readonly Table[],
  rounds: number,
  request: HistoryRequest,
): Round[] {
  const { beginning, refreshes, everywhere, pause } = request
  const chances: Chances = { altering: random.pick(request.altering), beginning, refreshes }
  const open = Array.from({ length: sessions }, () => false)
  return Array.from({ length: rounds }, () => {
    const steps: Step[] = []
    for (let left = random.pick([1, 2, 4, 6, 8]); left > 0; left--) {
      const session = random.int(0, sessions - 1)
      steps.push(...next(random, tables, session, open, chances))
    }
    if (random.chance(everywhere)) {
      const session = random.int(0, sessions - 1)
      steps.push(...writesEverywhere(random, tables).map((sql) => ({ session, sql })))
    }
    // Most changes have to be there to be seen.
    for (const session of open.keys()) {
      if (open[session] && random.chance(0.6)) steps.push(end(random, session, open))
    }
    if (pause > 0) steps.push({ session: sessions, sql: `SELECT pg_sleep(${pause})` })
    return { steps, mode: random.pick(modes) }
  })
}

function next(
  random: Random,
  tables: readonly Table[],
  session: number,
  open: boolean[],
  { altering, beginning, refreshes }: Chances,
): Step[] {
  const write = (): Step => ({ session, sql: writeStatement(random, tables) })
  if (!open[session]) {
    if (random.chance(0.04)) return [{ session, sql: truncate(random, tables) }]
    if (random.chance(altering)) return alteration(random, tables).map((sql) => ({ session, sql }))
    if (refreshes.length > 0 && random.chance(0.08)) return [{ session, sql: random.pick(refreshes) }]
    if (!random.chance(beginning)) return [write()]
    open[session] = true
    const level = random.pick(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
    return [{ session, sql: `BEGIN ISOLATION LEVEL ${level}` }, write()]
  }
  const roll = random.next()
  if (roll < 0.15) return [{ session, sql: 'SAVEPOINT s' }, write(), { session, sql: 'ROLLBACK TO s' }, write()]
  if (roll < 0.25) return [{ session, sql: 'SAVEPOINT s' }, write(), { session, sql: 'RELEASE s' }]
  if (roll < 0.75) return [write()]
  return [end(random, session, open)]
}

function end(random: Random, session: number, open: boolean[]): Step {
  open[session] = false
  return { session, sql: random.chance(0.8) ? 'COMMIT' : 'ROLLBACK' }
}
