/** What blocks of code on the pages take for granted, by the names that they use. */
import type { ClientBase, Pool } from 'pg'
import type { Reader } from 'tidemark'

export { createReader, defineConfig, view } from 'tidemark'
export { useView } from 'tidemark/react'

export declare const url: string
export declare const pool: Pool
export declare const database: Pool
export declare const client: ClientBase
export declare const reader: Reader<{
  readonly mv_weekly: { readonly user_id: number; readonly week: Date; readonly distance: string | null }
}>
