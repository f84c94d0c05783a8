import type { Client } from 'pg'

/**
 * What a test's database holds at its start. Each is made once per run, and cloned for every file that asks for it:
 * a clone takes some 50 ms, whatever is in it.
 */
export const templates = {
  empty: async () => {},
} satisfies Record<string, (client: Client) => Promise<void>>

export type TemplateName = keyof typeof templates
