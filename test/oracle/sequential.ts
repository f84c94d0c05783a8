import type { Client, QueryResult } from 'pg'
import { asOfOthers, chooseMode, emptyLogs, type Mode, outcome, refreshAndCompare, type Target } from './checks.js'
import { Random } from './random.js'
import { type TableFacts, tables } from './schema.js'
import { insert, statement } from './statements.js'

/**
 * A short history: rounds of writes with a refresh after each, all in one transaction that is rolled back. So each
 * starts from the same rows, thousands of them run in a minute, and one that fails can be run again and made smaller.
 */
export interface History {
  readonly target: Target
  readonly rounds: readonly Round[]
}

interface Round {
  readonly statements: readonly string[]
  readonly mode: Mode
}

export interface Failure {
  readonly history: History
  readonly failure: string
}

export function makeHistory(seed: number, targets: readonly Target[]): History {
  const random = new Random(seed)
  const target = targets[seed % targets.length]
  if (target === undefined) throw new RangeError('no views')
  const read = tables.filter((table) => target.tables.includes(table.name))
  const rounds = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => ({
    statements: Array.from({ length: random.int(1, 5) }, () => wrapped(random, chosenTable(random, read))),
    mode: random.pick<Mode>(target.hasDelta ? ['own', 'delta', 'delta', 'full'] : ['own', 'slices', 'batch', 'full']),
  }))
  return { target, rounds }
}

function chosenTable(random: Random, read: readonly TableFacts[]): TableFacts {
  return random.pick(read.length > 0 && random.chance(0.95) ? read : tables)
}

function wrapped(random: Random, table: TableFacts): string {
  const write = statement(random, table)
  const undone = random.chance(0.07)
  return undone ? `SAVEPOINT undone; ${tolerant(write)}; ROLLBACK TO undone` : tolerant(write)
}

/** A write that breaks a constraint does nothing; any other failure is one of the test. */
export function tolerant(write: string): string {
  return `DO $tolerant$ BEGIN ${write}; EXCEPTION WHEN integrity_constraint_violation OR unique_violation
    OR foreign_key_violation OR check_violation OR not_null_violation OR cardinality_violation THEN NULL; END $tolerant$`
}

/** Runs a history; the last refresh is done in every mode the view has. */
export async function runHistory(client: Client, { target, rounds }: History): Promise<string | undefined> {
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const [index, round] of rounds.entries()) {
      if (round.statements.length > 0) await client.query(round.statements.join('; '))
      const last = index === rounds.length - 1
      const failure = last ? await checkModes(client, target) : await check(client, target, round.mode)
      if (failure !== undefined) return `round ${index + 1}: ${failure}`
    }
    return undefined
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await client.query('ROLLBACK')
  }
}

async function check(client: Client, target: Target, mode: Mode): Promise<string | undefined> {
  const before = prepared(target, mode)
  const results = await send(client, [...before, ...refreshAndCompare(target), ...emptied(target)])
  const { failure } = outcome(results, before.length)
  return failure && `${mode}: ${failure}`
}

async function checkModes(client: Client, target: Target): Promise<string | undefined> {
  const modes: Mode[] = ['own']
  if (target.hasSlices) modes.push('slices')
  if (target.hasBatch) modes.push('batch')
  if (target.hasDelta) modes.push('delta')
  for (const mode of modes) {
    const before = ['SAVEPOINT mode', ...prepared(target, mode)]
    const results = await send(client, [...before, ...refreshAndCompare(target), 'ROLLBACK TO mode'])
    const { failure } = outcome(results, before.length)
    if (failure !== undefined) return `${mode}: ${failure}`
  }
  return undefined
}

function prepared(target: Target, mode: Mode): string[] {
  return [chooseMode(target, mode), ...(mode === 'delta' ? asOfOthers(target) : [])]
}

/** What was added once must not be added again. */
function emptied(target: Target): string[] {
  return target.hasDelta ? emptyLogs(target) : []
}

async function send(client: Client, statements: readonly string[]): Promise<QueryResult[]> {
  const answer: unknown = await client.query(statements.join('; '))
  return answer as QueryResult[]
}

/** The smallest history still failing that leaving out rounds and statements one by one leads to. */
export async function shrink(client: Client, history: History): Promise<Failure> {
  let smallest = history
  let failure = (await runHistory(client, history)) ?? 'not failing when run again'
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const candidate of smaller(smallest)) {
      const again = await runHistory(client, candidate)
      if (again === undefined || again.startsWith('error') !== failure.startsWith('error')) continue
      smallest = candidate
      failure = again
      shrunk = true
      break
    }
  }
  return { history: smallest, failure }
}

function* smaller({ target, rounds }: History): Generator<History> {
  for (const index of rounds.keys()) {
    if (rounds.length > 1) yield { target, rounds: rounds.filter((_, place) => place !== index) }
  }
  for (const [index, round] of rounds.entries()) {
    for (const left of round.statements.keys()) {
      const statements = round.statements.filter((_, place) => place !== left)
      yield { target, rounds: rounds.map((other, place) => (place === index ? { ...round, statements } : other)) }
    }
  }
}

/** Other rows for a number of histories to start from. */
export async function fill(client: Client, seed: number): Promise<void> {
  const random = new Random(seed)
  await client.query(`TRUNCATE ${tables.map((table) => table.name).join(', ')}`)
  for (const table of tables) {
    // What time passes has to be there before.
    const fewest = Object.values(table.columns).includes('soon') ? 3 : 0
    const writes = Array.from({ length: random.int(fewest, 3) }, () => tolerant(insert(random, table)))
    for (const write of writes) await client.query(write)
  }
}

export async function refreshAll(client: Client, targets: readonly Target[]): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const target of targets) {
    const results = await send(client, [
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
      ...refreshAndCompare(target),
      'COMMIT',
    ])
    const { failure } = outcome(results, 1)
    if (failure !== undefined) failures.push({ history: { target, rounds: [] }, failure: `after filling: ${failure}` })
  }
  return failures
}

export function describe({ history, failure }: Failure): string {
  const rounds = history.rounds.map(
    (round, index) => `-- round ${index + 1}\n${round.statements.map(bare).join(';\n')};`,
  )
  return `${history.target.name}: ${failure}\n${history.target.shape.query}\n${rounds.join('\n')}`
}

function bare(text: string): string {
  return text.replace(/DO \$tolerant\$ BEGIN ([\s\S]*); EXCEPTION WHEN[\s\S]*END \$tolerant\$/, '$1')
}
