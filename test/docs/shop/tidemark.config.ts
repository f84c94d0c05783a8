/** The views that the pages read. */
import { defineConfig, view } from 'tidemark'

export default defineConfig({
  views: [
    view('mv_daily_sales', {
      query: `
        SELECT shop_id, date_trunc('day', sold_at AT TIME ZONE 'UTC') AS day, count(*) AS sales, sum(amount) AS revenue
        FROM sales GROUP BY 1, 2`,
      read: { public: true },
    }),
    view('mv_monthly_sales', {
      query: `SELECT date_trunc('month', day) AS month, sum(revenue) AS revenue FROM mv_daily_sales GROUP BY 1`,
    }),
    view('mv_sales', { query: './views/sales.sql', read: { public: true } }),
    view('mv_weekly', {
      query: `
        SELECT user_id, date_trunc('week', started_at AT TIME ZONE 'UTC') AS week, sum(distance) AS distance
        FROM sessions GROUP BY 1, 2`,
    }),
    view('mv_orders', { query: 'SELECT id, org, region, total FROM orders' }),
    view('mv_lane_score_distribution', { query: './views/lane_score_distribution.sql', read: { public: true } }),
    view('mv_lane_scores', {
      query: `
        SELECT s.challenge_id, lane.key, count(*) AS samples
        FROM submissions s, jsonb_each_text(s.lane_scores) AS lane GROUP BY 1, 2`,
    }),
  ],
})
