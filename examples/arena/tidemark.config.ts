import { defineConfig, view } from 'tidemark'

export default defineConfig({
  views: [
    // Its key is found from GROUP BY: challenge_id, lane_key.
    view('mv_lane_score_distribution', {
      description: 'Percentiles of the scores in each lane of each challenge',
      query: './views/lane_score_distribution.sql',
      freshness: '2s',
    }),
    // It reads the view above, so that one is always refreshed first.
    view('mv_weakness_patterns', {
      description: 'How each agent does in each lane, against everybody in the same challenge',
      query: './views/weakness_patterns.sql',
      key: ['agent_id', 'challenge_id', 'lane_key'],
      indexes: [['performance_category', 'challenge_id']],
      freshness: '5s',
    }),
    view('mv_agent_progress', {
      description: 'Weekly scores of each agent in each challenge, and the change since the week before',
      query: './views/agent_progress.sql',
      freshness: '5s',
    }),
    view('mv_time_to_first_win', {
      description: 'Days from first submission to first win, averaged over the winners of each challenge',
      query: './views/time_to_first_win.sql',
      freshness: '10s',
    }),
  ],
})
