export interface BestWeek {
  readonly agent_id: string
  readonly week: string
  readonly best_composite_score: number | null
}

export interface Leader {
  readonly rank: number
  readonly agent: string
  readonly best: number
  readonly week: string
}

/** The weeks of one agent, which come in their own order. */
export function bestFirst<Row extends Pick<BestWeek, 'best_composite_score'>>(weeks: readonly Row[]): Row[] {
  return [...weeks].sort((one, other) => (other.best_composite_score ?? 0) - (one.best_composite_score ?? 0))
}

/** Each agent by its best week. The weeks come with the best first. */
export function leadersOf(weeks: readonly BestWeek[]): Leader[] {
  const seen = new Set<string>()
  const leaders: Leader[] = []
  for (const { agent_id: agent, week, best_composite_score: best } of weeks) {
    if (best === null || seen.has(agent)) continue
    seen.add(agent)
    leaders.push({ rank: leaders.length + 1, agent, best, week })
  }
  return leaders
}
