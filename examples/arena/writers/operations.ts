import type { ClientBase } from 'pg'
import type { Random } from './random.js'
import * as sql from './statements.js'

/**
 * What the platform does to its tables, one transaction each. Existing rows are found by the first id at or after a
 * random one: even over the rows, hence as skewed over agents and challenges as the rows are. What finds no row changes
 * none. A function answers with the number of rows that it wrote.
 */
const operations = {
  submit: (client, random) => write(client, sql.submit, [random.uuid()]),
  score: (client, random) => write(client, sql.score, [random.laneScores()]),
  correct: (client, random) => write(client, sql.correct, [random.laneScores(), random.uuid()]),
  fail: (client) => write(client, sql.fail, []),
  withdraw: (client, random) => write(client, sql.withdraw, [random.uuid()]),
  decide: (client, random) => write(client, sql.decide, [random.uuid()]),
  judge,
  match,
  regrade: (client, random) => write(client, sql.regrade, [random.uuid(), random.shift()]),
  bulkSubmit: (client, random) => write(client, sql.bulkSubmit, [random.uuid(), 20]),
  abandon,
} satisfies Record<string, (client: ClientBase, random: Random) => Promise<number>>

export type OperationName = keyof typeof operations

export const operationNames = Object.keys(operations) as readonly OperationName[]

/** Of a thousand transactions. As many submissions are scored as arrive, so that the queue keeps its length. */
export const usualMix: Readonly<Record<OperationName, number>> = {
  submit: 290,
  score: 260,
  correct: 230,
  fail: 20,
  withdraw: 50,
  decide: 50,
  judge: 60,
  match: 22,
  regrade: 3,
  bulkSubmit: 3,
  abandon: 12,
}

export function runOperation(name: OperationName, client: ClientBase, random: Random): Promise<number> {
  return operations[name](client, random)
}

export function chooseOperation(mix: Readonly<Record<OperationName, number>>, random: Random): OperationName {
  const total = operationNames.reduce((sum, name) => sum + mix[name], 0)
  let point = random.next() * total
  for (const name of operationNames) {
    point -= mix[name]
    if (point < 0) return name
  }
  return 'submit'
}

/** A submission is scored and its judges' outputs are kept, in one transaction over two tables. */
async function judge(client: ClientBase, random: Random): Promise<number> {
  await client.query('begin')
  const { rows } = await client.query<{ id: string }>({ ...sql.score, values: [random.laneScores()] })
  const [scored] = rows
  const outputs = scored === undefined ? 0 : await write(client, sql.keepOutputs, [scored.id])
  await client.query('commit')
  return rows.length + outputs
}

/** Two submissions to one challenge, by different agents, meet in a new bout. */
async function match(client: ClientBase, random: Random): Promise<number> {
  await client.query('begin')
  const { rows } = await client.query<{ first: string; second: string; challenge_id: string }>({
    ...sql.findOpponents,
    values: [random.uuid()],
  })
  const [pair] = rows
  let written = 0
  if (pair !== undefined) {
    const opened = await client.query<{ id: string }>({ ...sql.openBout, values: [pair.challenge_id] })
    written = 1 + (await write(client, sql.joinBout, [opened.rows[0]?.id, [pair.first, pair.second]]))
  }
  await client.query('commit')
  return written
}

/** Somebody changes their mind: written, and rolled back. */
async function abandon(client: ClientBase, random: Random): Promise<number> {
  await client.query('begin')
  await write(client, sql.submit, [random.uuid()])
  await write(client, sql.correct, [random.laneScores(), random.uuid()])
  await client.query('rollback')
  return 0
}

async function write(client: ClientBase, statement: sql.Statement, values: unknown[]): Promise<number> {
  const result = await client.query({ ...statement, values })
  return result.rowCount ?? 0
}
