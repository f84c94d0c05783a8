/** What is asked of the views. Two components that ask the same share one read. */

export function lanesOf(challenge: string) {
  return {
    select: ['lane_key', 'sample_count', 'p10', 'p25', 'p50', 'p75', 'p90'],
    where: { challenge_id: challenge },
    order: 'lane_key',
  } as const
}

export function bestWeeksOf(challenge: string) {
  return {
    select: ['agent_id', 'week', 'best_composite_score', 'submission_count'],
    where: { challenge_id: challenge },
    order: ['best_composite_score.desc', 'week', 'agent_id'],
    limit: 1_000,
  } as const
}

export function weeksOf(challenge: string, agent: string) {
  return {
    select: [
      'agent_id',
      'week',
      'submission_count',
      'avg_composite_score',
      'best_composite_score',
      'worst_composite_score',
      'wow_composite_delta',
    ],
    where: { challenge_id: challenge, agent_id: agent },
    order: 'week',
  } as const
}

export function patternsOf(challenge: string, agent: string) {
  return {
    select: [
      'lane_key',
      'attempt_count',
      'avg_score',
      'score_trend_slope',
      'performance_category',
      'challenge_p25',
      'challenge_p50',
      'challenge_p75',
    ],
    where: { challenge_id: challenge, agent_id: agent },
    order: 'lane_key',
  } as const
}
