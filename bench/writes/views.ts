import { readFile } from 'node:fs/promises'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { view } from '../../src/define/view.js'

/** The first view, and what pg_ivm keeps as well: it takes neither windows nor percentiles. */
export const totalsQuery = `select agent_id, challenge_id, count(*) as submission_count,
  count(composite_score) as scored_count, sum(composite_score) as total_score
from submissions
group by agent_id, challenge_id`

/** The first `count` of five views over one table, which read different columns of it. */
export async function viewsOver(count: number): Promise<readonly NormalisedView[]> {
  const arena = (name: string) => readFile(new URL(`../../examples/arena/views/${name}.sql`, import.meta.url), 'utf8')
  const all = [
    view('agent_totals', { query: totalsQuery }),
    view('mv_agent_progress', { query: await arena('agent_progress') }),
    view('mv_lane_score_distribution', { query: await arena('lane_score_distribution') }),
    view('challenge_status', {
      query: 'select challenge_id, status, count(*) as submission_count from submissions group by challenge_id, status',
    }),
    view('challenge_days', {
      query: `select challenge_id, date_trunc('day', created_at at time zone 'UTC') as day, count(*) as submission_count
        from submissions group by challenge_id, date_trunc('day', created_at at time zone 'UTC')`,
    }),
  ]
  if (count > all.length) throw new RangeError(`there are ${all.length} views, not ${count}`)
  return normaliseConfig({ views: all.slice(0, count) }).views
}
