import { execFile, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { arenaSize } from '../../examples/arena/data.js'

const run = promisify(execFile)

export const operations = ['updates', 'inserts'] as const
export type Operation = (typeof operations)[number]

/** Makes the load; both kinds send one prepared statement, one row each, in a transaction of its own. */
export interface LoadDriver {
  readonly name: string
  /** Transactions per second. */
  measure(url: string, load: Load): Promise<number>
}

export interface Load {
  readonly operation: Operation
  readonly clients: number
  readonly seconds: number
  /** Rows that there are to write to. */
  readonly submissions: number
}

/** What examples/arena makes an id of. */
const idOf = (kind: string, number: string) => `md5('${kind}:1:' || ${number})::uuid`

/** $1 a submission, $2 an agent, $3 a challenge, $4 a score. */
export const statements: Readonly<Record<Operation, string>> = {
  updates: `update submissions set composite_score = $4::int / 100.0 where id = ${idOf('submission', '$1::int')}`,
  inserts: `insert into submissions (agent_id, challenge_id, status, composite_score)
    values (${idOf('agent', '$2::int')}, ${idOf('challenge', '$3::int')}, 'scored', $4::int / 100.0)`,
}

/** Highest values of $1 to $4. Submissions are numbered from 1, the others from 0. */
export function limits(submissions: number): readonly [number, number, number, number] {
  const { agents, challenges } = arenaSize(submissions)
  return [submissions, agents - 1, challenges - 1, 9_999]
}

const pgbenchPlaces = ['pgbench', ...[18, 17, 16, 15].map((major) => `/usr/lib/postgresql/${major}/bin/pgbench`)]

/** pgbench where this machine has it, since it costs little; else processes of Node, which cost more than PostgreSQL. */
export async function findDriver(): Promise<LoadDriver> {
  for (const path of pgbenchPlaces) {
    if (path.startsWith('/') && !existsSync(path)) continue
    const version = await run(path, ['--version']).catch(() => undefined)
    if (version !== undefined) return pgbench(path, version.stdout.trim())
  }
  return { name: `Node ${process.versions.node}, a process for every four clients`, measure: measureWithNode }
}

function pgbench(path: string, name: string): LoadDriver {
  return {
    name,
    measure: async (url, { operation, clients, seconds, submissions }) => {
      const directory = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
      try {
        const script = join(directory, 'script.sql')
        await writeFile(script, scriptOf(operation, submissions))
        const threads = String(Math.min(clients, availableParallelism()))
        const { stdout } = await run(path, [
          ...['-n', '-M', 'prepared', '-f', script],
          ...['-T', String(seconds), '-c', String(clients), '-j', threads],
          url,
        ])
        const tps = /tps = ([\d.]+) \(without initial/.exec(stdout)?.[1]
        const failed = /number of failed transactions: (\d+)/.exec(stdout)?.[1] ?? '0'
        if (tps === undefined || failed !== '0') throw new Error(`pgbench: ${stdout}`)
        return Number(tps)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

function scriptOf(operation: Operation, submissions: number): string {
  const [submission, agent, challenge, score] = limits(submissions)
  const names = ['submission', 'agent', 'challenge', 'score']
  const statement = statements[operation].replaceAll(/\$(\d)/g, (_, number) => `:${names[Number(number) - 1]}`)
  return [
    `\\set submission random(1, ${submission})`,
    `\\set agent random(0, ${agent})`,
    `\\set challenge random(0, ${challenge})`,
    `\\set score random(0, ${score})`,
    `${statement.replaceAll('\n', ' ')};`,
  ].join('\n')
}

const clientsOfProcess = 4

async function measureWithNode(url: string, load: Load): Promise<number> {
  const file = fileURLToPath(new URL('./node-clients.ts', import.meta.url))
  const processes: Promise<number>[] = []
  for (let left = load.clients; left > 0; left -= clientsOfProcess) {
    const clients = Math.min(left, clientsOfProcess)
    processes.push(answerOf(file, JSON.stringify({ url, ...load, clients })))
  }
  return (await Promise.all(processes)).reduce((sum, tps) => sum + tps, 0)
}

function answerOf(file: string, argument: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(file, [argument], { execArgv: ['--import', 'tsx'] })
    child.once('message', (tps) => resolve(Number(tps)))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`a process of clients ended with ${code} before it answered`)))
  })
}
