import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { Random } from './random.js'
import { type TableFacts, tables } from './schema.js'
import { statement } from './statements.js'

export interface WriterResult {
  committed: number
  rolledBack: number
  /** Ended by a conflict with another writer or by a constraint. */
  refused: number
}

export interface WriterRequest {
  readonly client: Client
  readonly seed: number
  readonly tables?: readonly TableFacts[]
  readonly stopped: () => boolean
}

const levels = ['READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const

/** Conflicts between transactions, and constraints. Anything else that a writer meets is a failure of the test. */
const expected = /^(40001|40P01|23\d\d\d|21000|55P03)$/

/** Transactions over several tables, of every isolation level, with savepoints, and pauses in which others overtake. */
export async function write(request: WriterRequest): Promise<WriterResult> {
  const random = new Random(request.seed)
  const result = { committed: 0, rolledBack: 0, refused: 0 }
  while (!request.stopped()) {
    try {
      await transaction(request, random, result)
    } catch (error) {
      await request.client.query('ROLLBACK')
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (!expected.test(code)) throw error
      result.refused++
    }
  }
  return result
}

async function transaction(request: WriterRequest, random: Random, result: WriterResult): Promise<void> {
  const { client } = request
  await client.query(`BEGIN ISOLATION LEVEL ${random.pick(levels)}`)
  // Some are open for so long that refreshes and rotations pass them.
  const patience = random.chance(0.1) ? 400 : 12
  for (let left = random.int(1, 4); left > 0; left--) {
    await client.query(step(random, random.pick(request.tables ?? tables)))
    if (random.chance(0.5)) await sleep(random.int(0, patience))
    if (request.stopped()) break
  }
  if (random.chance(0.2)) {
    await client.query('ROLLBACK')
    result.rolledBack++
  } else {
    await client.query('COMMIT')
    result.committed++
  }
}

function step(random: Random, table: TableFacts): string {
  const roll = random.next()
  const written = roll < 0.08 && table.name === 'd' ? copy(random) : statement(random, table)
  if (roll > 0.85) return `SAVEPOINT here; ${written}; ROLLBACK TO here`
  if (roll > 0.7) return `SAVEPOINT here; ${written}; RELEASE here`
  return written
}

/** A real COPY, though of few rows; the server's shell writes them. */
function copy(random: Random): string {
  const lines = Array.from({ length: random.int(1, 5) }, () => `${random.int(1, 4)}\\\\tx\\\\t${random.int(0, 6)}\\\\n`)
  return `COPY d (x, y, z) FROM PROGRAM E'printf "${lines.join('')}"'`
}
