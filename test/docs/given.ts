/** What blocks of code on the pages take for granted, by the names that they use. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClientBase, Pool } from 'pg'
import type { Reader } from 'tidemark'
import type { Handler } from 'tidemark/http'

export { createReader, defineConfig, view } from 'tidemark'
export { useView } from 'tidemark/react'

export declare const url: string
export declare const pool: Pool
export declare const database: Pool
export declare const client: ClientBase
export declare const reader: Reader<{
  readonly mv_weekly: { readonly user_id: number; readonly week: Date; readonly distance: string | null }
}>
export declare const handler: Handler

type Respond = (
  request: IncomingMessage & { readonly path: string },
  response: ServerResponse,
  next: () => void,
) => unknown

/** As much of an Express application as is used. */
export declare const app: { use(respond: Respond): void }

/** As much of a Fastify application as is used. */
export declare const fastify: {
  all(
    path: string,
    answer: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): void }) => unknown,
  ): void
}
