import { Client } from 'pg'

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The same server and user, another database. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** A session for a moment. */
export async function withClient(url: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(url)
  // What breaks it is told by the next query on it; it must not end the test process.
  client.on('error', () => {})
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}

export async function dropDatabase(admin: Client, name: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`)
}
