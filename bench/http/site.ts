import type { Pool } from 'pg'
import { applyDeployment } from '../../src/deploy/index.js'
import { arenaViews, fillArena } from '../kit/arena.js'

/** What a dashboard asks for: a path for each of several, and the query that anybody would send for it. */
export interface Dashboard {
  readonly name: string
  readonly paths: readonly string[]
  /** By hand, with its one parameter where it has one. */
  readonly query?: string
  /** Its rows are found by an index. */
  readonly indexed: boolean
}

/** The competition application with its views kept, open to all, and computable for a request. */
export async function makeSite(pool: Pool, submissions: number, say: (text: string) => void): Promise<void> {
  await fillArena(pool, submissions, say)
  const views = (await arenaViews()).map((view) => ({ ...view, read: { ...view.read, public: true, live: true } }))
  await applyDeployment(pool, views)
  await pool.query('vacuum analyze')
}

export async function dashboardsOf(
  pool: Pool,
): Promise<{ lanes: Dashboard; agent: Dashboard; leaderboard: Dashboard }> {
  const some = async (column: string, table: string): Promise<string[]> => {
    const text = `select distinct on (hashtext(${column}::text)) ${column} as id from ${table} order by hashtext(${column}::text) limit 50`
    return (await pool.query<{ id: string }>(text)).rows.map(({ id }) => String(id))
  }
  const challenges = await some('challenge_id', 'mv_lane_score_distribution')
  const agents = await some('agent_id', 'mv_weakness_patterns')
  return {
    lanes: {
      name: 'lanes of a challenge',
      paths: challenges.map(
        (id) => `/rest/v1/mv_lane_score_distribution?challenge_id=eq.${id}&order=lane_key&limit=20`,
      ),
      query: 'select * from mv_lane_score_distribution where challenge_id = $1 order by lane_key limit 20',
      indexed: true,
    },
    agent: {
      name: 'weaknesses of an agent',
      paths: agents.map((id) => `/rest/v1/mv_weakness_patterns?agent_id=eq.${id}&order=avg_score&limit=20`),
      indexed: true,
    },
    leaderboard: {
      name: 'leaderboard of all challenges',
      paths: ['/rest/v1/mv_agent_progress?order=best_composite_score.desc.nullslast&limit=20'],
      indexed: false,
    },
  }
}

/** The same path for the peer that sends the query: the value alone. */
export function plainPath(path: string): string {
  return `/rest/v1/rows?of=${/eq\.([^&]+)/.exec(path)?.[1] ?? ''}`
}
