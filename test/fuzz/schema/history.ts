import type { Mode } from '../../oracle/checks.js'
import type { Random } from '../../oracle/random.js'
import type { Round, Step } from '../case.js'
import { alteration } from './alterations.js'
import type { Table } from './table.js'
import { insert, truncate, writeStatement } from './writes.js'

const sessions = 3
const modes: readonly Mode[] = ['own', 'slices', 'batch', 'delta', 'full']

/** Rows that are there before the views: of some tables none. */
export function makeData(random: Random, tables: readonly Table[]): string[] {
  const most = random.pick([3, 5, 10])
  return tables.flatMap((table) => Array.from({ length: random.int(0, most) }, () => insert(random, table)))
}

/**
 * Transactions of several sessions, a step of one after a step of another; some go on over several refreshes.
 * @param refreshes statements that refresh what PostgreSQL itself keeps.
 */
export function makeHistory(
  random: Random,
  tables: readonly Table[],
  rounds: number,
  refreshes: readonly string[],
): Round[] {
  // Mostly tables are as they were made; where they are not, it is no single event.
  const altering = random.pick([0.02, 0.02, 0.05, 0.25])
  const open = Array.from({ length: sessions }, () => false)
  return Array.from({ length: rounds }, () => {
    const steps: Step[] = []
    for (let left = random.pick([1, 2, 4, 6, 8]); left > 0; left--) {
      const session = random.int(0, sessions - 1)
      steps.push(...next(random, tables, session, open, refreshes, altering))
    }
    // Most changes have to be there to be seen.
    for (const session of open.keys()) {
      if (open[session] && random.chance(0.6)) steps.push(end(random, session, open))
    }
    return { steps, mode: random.pick(modes) }
  })
}

function next(
  random: Random,
  tables: readonly Table[],
  session: number,
  open: boolean[],
  refreshes: readonly string[],
  altering: number,
): Step[] {
  const write = (): Step => ({ session, sql: writeStatement(random, tables) })
  if (!open[session]) {
    if (random.chance(0.04)) return [{ session, sql: truncate(random, tables) }]
    if (random.chance(altering)) return alteration(random, tables).map((sql) => ({ session, sql }))
    if (refreshes.length > 0 && random.chance(0.08)) return [{ session, sql: random.pick(refreshes) }]
    if (random.chance(0.6)) return [write()]
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
