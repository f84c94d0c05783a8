import { readFile } from 'node:fs/promises'

export interface ArenaQuery {
  /** Of the view. */
  readonly name: string
  /** One SELECT, with no semicolon at its end. */
  readonly sql: string
}

const names = ['lane_score_distribution', 'weakness_patterns', 'agent_progress', 'time_to_first_win'] as const

/**
 * The four queries, as the configuration names them, in an order in which they can be made: weakness patterns read the
 * lane score distribution. For making the same views by hand, to compare with.
 */
export function arenaQueries(): Promise<ArenaQuery[]> {
  return Promise.all(
    names.map(async (name) => ({
      name: `mv_${name}`,
      sql: (await readFile(new URL(`views/${name}.sql`, import.meta.url), 'utf8')).trimEnd(),
    })),
  )
}
