import type { Pool, PoolClient } from 'pg'

export async function withClient<Value>(pool: Pool, use: (client: PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect()
  try {
    return await use(client)
  } finally {
    client.release()
  }
}
