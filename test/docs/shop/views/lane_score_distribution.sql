SELECT s.challenge_id, lane.key AS lane_key, percentile_cont(0.5) WITHIN GROUP (ORDER BY lane.value::float) AS p50
FROM submissions s, jsonb_each_text(s.lane_scores) AS lane
WHERE s.status = 'scored' GROUP BY 1, 2
