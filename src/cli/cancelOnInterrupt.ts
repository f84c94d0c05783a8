import { Client, type Pool } from 'pg'

/** How long what was cancelled is given to roll back. */
const patienceMs = 3_000

/**
 * On Ctrl-C or SIGTERM, cancels what this process has running on the server: a server goes on with a long statement
 * even when nobody waits for its answer any more. Then the process ends, at the latest after a few seconds; at once
 * with the second signal.
 * @param interrupted is told the exit code, so that the failure of what was cancelled is not taken for one.
 */
export function cancelOnInterrupt(pool: Pool, url: string, interrupted: (code: number) => void): void {
  const processes = new Set<number>()
  pool.on('connect', (client) => {
    const { processID } = client as { processID?: number | null }
    if (typeof processID === 'number') processes.add(processID)
  })
  let stopping = false
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(code)
      stopping = true
      interrupted(code)
      setTimeout(() => process.exit(code), patienceMs)
      // Where that fails there is nothing left but to end.
      cancel(url, [...processes]).catch(() => process.exit(code))
    })
  }
}

async function cancel(url: string, processes: readonly number[]): Promise<void> {
  const client = new Client({
    connectionString: url,
    application_name: 'tidemark',
    connectionTimeoutMillis: patienceMs,
  })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('SELECT pg_cancel_backend(pid) FROM unnest($1::integer[]) pid', [processes])
  await client.end()
}
