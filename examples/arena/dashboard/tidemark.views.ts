// Written by `tidemark generate` from the deployed views. Changes to this file are overwritten.

/** Weekly scores of each agent in each challenge, and the change since the week before */
export interface MvAgentProgress {
  agent_id: string
  challenge_id: string
  week: Date
  submission_count: string
  avg_composite_score: string | null
  best_composite_score: string | null
  worst_composite_score: string | null
  wow_composite_delta: string | null
}

/** Percentiles of the scores in each lane of each challenge */
export interface MvLaneScoreDistribution {
  challenge_id: string
  lane_key: string | null
  sample_count: string
  mean_score: string | null
  stddev_score: string | null
  min_score: string | null
  max_score: string | null
  p10: string | null
  p25: string | null
  p50: string | null
  p75: string | null
  p90: string | null
  last_submission_at: Date | null
}

/** Days from first submission to first win, averaged over the winners of each challenge */
export interface MvTimeToFirstWin {
  challenge_id: string
  agents_with_win: string
  avg_days_to_first_win: string | null
}

/** How each agent does in each lane, against everybody in the same challenge */
export interface MvWeaknessPatterns {
  agent_id: string
  challenge_id: string
  lane_key: string
  attempt_count: string
  avg_score: string | null
  min_score: string | null
  max_score: string | null
  score_trend_slope: string | null
  performance_category: string | null
  challenge_p25: string | null
  challenge_p50: string | null
  challenge_p75: string | null
}

/** Rows by view: `createReader<Views>({ … })`. */
export interface Views {
  mv_agent_progress: MvAgentProgress
  mv_lane_score_distribution: MvLaneScoreDistribution
  mv_time_to_first_win: MvTimeToFirstWin
  mv_weakness_patterns: MvWeaknessPatterns
}

/** Rows by view, as JSON has them: for `tidemark/react`, and whoever reads over HTTP. */
export interface JsonViews {
  mv_agent_progress: {
    agent_id: string
    challenge_id: string
    week: string
    submission_count: number
    avg_composite_score: number | null
    best_composite_score: number | null
    worst_composite_score: number | null
    wow_composite_delta: number | null
  }
  mv_lane_score_distribution: {
    challenge_id: string
    lane_key: string | null
    sample_count: number
    mean_score: number | null
    stddev_score: number | null
    min_score: number | null
    max_score: number | null
    p10: number | null
    p25: number | null
    p50: number | null
    p75: number | null
    p90: number | null
    last_submission_at: string | null
  }
  mv_time_to_first_win: {
    challenge_id: string
    agents_with_win: number
    avg_days_to_first_win: number | null
  }
  mv_weakness_patterns: {
    agent_id: string
    challenge_id: string
    lane_key: string
    attempt_count: number
    avg_score: number | null
    min_score: number | null
    max_score: number | null
    score_trend_slope: number | null
    performance_category: string | null
    challenge_p25: number | null
    challenge_p50: number | null
    challenge_p75: number | null
  }
}
