import { Pool } from 'pg'
import { createHandler } from 'tidemark/http'

// As long as limits.statementTimeout: a read need not set it for itself, and is one round trip instead of three.
export const database = new Pool({ connectionString: process.env.DATABASE_URL, max: 10, statement_timeout: 10_000 })
// A connection that is lost while nobody uses it is replaced when one is needed. Unheard, it would end the process.
database.on('error', (error) => console.warn(error.message))

export const handler = createHandler({
  database,
  listen: process.env.DATABASE_URL,
  basePath: '/data',
  access: {
    tokens: [
      { name: 'app', sha256: process.env.APP_TOKEN_SHA256, actions: ['read', 'freshness', 'refresh', 'metrics'] },
    ],
  },
})
