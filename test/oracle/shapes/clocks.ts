import type { Shape } from './shape.js'

/** Windows that move with the clock. The rows of `w` lie so close to the present that they cross the bounds meanwhile. */
export const clocks: readonly Shape[] = [
  {
    name: 'clock_recent',
    query: "SELECT g, array_agg(id ORDER BY id) AS ids FROM w WHERE ts > now() - interval '1 second' GROUP BY g",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_rows',
    query: "SELECT id, g, ts, v FROM w WHERE ts BETWEEN now() - interval '2 seconds' AND now()",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_mirrored',
    query: "SELECT id, v FROM w WHERE now() - interval '900 ms' < ts AND current_timestamp >= ts",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_local',
    query: "SELECT id, local FROM w WHERE local >= localtimestamp - interval '1 second' AND v > 0",
    timeZone: 'America/St_Johns',
    expect: { w: 'slice' },
  },
  {
    name: 'clock_elapsed',
    query: "SELECT id, v FROM w WHERE now() - ts < interval '1 second'",
    timeZone: 'Europe/Berlin',
    expect: { w: 'slice' },
  },
  {
    name: 'clock_elapsed_since',
    query:
      "SELECT g, max(id) AS last, percentile_disc(0.5) WITHIN GROUP (ORDER BY v) AS m FROM w WHERE interval '1 second' >= now() - local GROUP BY g",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_age',
    query: "SELECT id FROM w WHERE age(now(), ts) < interval '1 second' AND isfinite(ts)",
    expect: { w: 'clock' },
  },
  { name: 'clock_later', query: "SELECT id, g FROM w WHERE ts + interval '1 second' > now()", expect: { w: 'slice' } },
  {
    name: 'clock_later_zone',
    query: "SELECT id, g FROM w WHERE ts - interval '1 day 1 second' < now() - interval '1 day'",
    timeZone: 'Europe/Berlin',
    expect: { w: 'slice' },
  },
  {
    name: 'clock_or',
    query: "SELECT id FROM w WHERE v = 1 OR ts > now() - interval '1 second'",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_not',
    query: 'SELECT id, txt FROM w WHERE NOT (ts > now() AND g = 2) AND txt IS NOT NULL',
    expect: { w: 'slice' },
  },
  {
    name: 'clock_case',
    query:
      "SELECT id, CASE WHEN ts > now() THEN 'future' WHEN ts > now() - interval '1 second' THEN 'recent' ELSE 'past' END AS state FROM w",
    expect: { w: 'slice' },
  },
  {
    name: 'clock_filter',
    query: `SELECT g, count(*) AS n, array_agg(v ORDER BY id) FILTER (WHERE ts > now() - interval '1 second') AS recent
      FROM w GROUP BY g`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_bucket',
    query: `SELECT date_trunc('second', ts) AS second, array_agg(id ORDER BY id) AS ids FROM w
      WHERE date_trunc('second', ts) >= date_trunc('second', now()) - interval '1 second' GROUP BY 1`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_having',
    query: `SELECT ts, array_agg(id ORDER BY id) AS ids FROM w GROUP BY ts HAVING ts < now() - interval '500 ms'`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_window',
    query: `SELECT id, g, row_number() OVER (PARTITION BY g ORDER BY id) AS place FROM w WHERE ts <= now()`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_join',
    query: `SELECT a.id, w.id AS w_id, a.v, w.v AS wv FROM a JOIN w ON w.a_id = a.id AND w.ts > now() - interval '1 second'`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_left',
    query: `SELECT a.id, w.id AS w_id, w.v FROM a LEFT JOIN w ON w.a_id = a.id AND w.ts > now() - interval '1 second'`,
    key: ['id', 'w_id'],
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_left_where',
    query: `SELECT a.id, w.id AS w_id FROM a LEFT JOIN w ON w.a_id = a.id WHERE w.ts < now() OR a.v > 2`,
    key: ['id', 'w_id'],
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_exists',
    query: `SELECT a.id, a.h FROM a WHERE EXISTS (SELECT FROM w WHERE w.a_id = a.id AND w.ts > now() - interval '1 second' AND w.v > 1)`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_not_exists',
    query: `SELECT a.id FROM a WHERE NOT EXISTS (SELECT FROM w WHERE w.a_id = a.id AND now() < w.ts)`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_scalar',
    query: `SELECT a.id, (SELECT count(*) FROM w WHERE w.a_id = a.id AND w.ts BETWEEN now() - interval '1 second' AND now()) AS n FROM a`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_cte',
    query: `WITH recent AS (SELECT id, g, a_id, v FROM w WHERE ts > now() - interval '1 second')
      SELECT a.id, r.id AS r_id, s.id AS s_id FROM a JOIN recent r ON r.a_id = a.id JOIN recent s ON s.a_id = a.id`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_plain_view',
    query: `SELECT id, at FROM plain_w WHERE at > now() - interval '1 second'`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_union',
    query: 'SELECT id, at, v FROM (SELECT id, ts AS at, v FROM w UNION SELECT id, ts, v FROM a) q WHERE at < now()',
    key: ['id', 'at', 'v'],
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_lateral',
    query: `SELECT a.id, l.id AS w_id, l.v FROM a CROSS JOIN LATERAL
      (SELECT w.id, w.v FROM w WHERE w.a_id = a.id AND w.ts > now() - interval '1 second' ORDER BY w.id LIMIT 2) l`,
    expect: { w: 'slice', a: 'slice' },
  },
  {
    name: 'clock_self',
    query: `SELECT x.id, y.id AS other FROM w x JOIN w y ON y.g = x.g WHERE x.ts > now() - interval '1 second' AND y.ts < now()`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_cast',
    query: `SELECT g, array_agg(id ORDER BY id) AS ids FROM w
      WHERE txt ~ '^\\d{4}-\\d\\d-\\d\\d$' AND txt::date < now() - interval '1 year' GROUP BY g`,
    expect: { w: 'slice' },
  },
  {
    name: 'clock_everything',
    query: "SELECT array_agg(id ORDER BY id) AS ids FROM w WHERE ts > now() - interval '1 second'",
  },
  {
    name: 'clock_top',
    query: "SELECT id, v FROM w WHERE ts > now() - interval '1 second' ORDER BY v DESC, id LIMIT 3",
  },
  { name: 'up_clock', query: "SELECT id, g, v FROM w WHERE ts > now() - interval '1 second'", expect: { w: 'slice' } },
  {
    name: 'clock_over',
    query: 'SELECT g, array_agg(id ORDER BY id) AS ids FROM up_clock GROUP BY g',
    expect: { up_clock: 'slice' },
  },
  {
    name: 'clock_steps',
    query: `SELECT id, extract(year FROM now()) AS year, current_date - ts::date AS days FROM w WHERE isfinite(ts)`,
    expect: { w: 'slice' },
  },
  { name: 'clock_not_followed', query: 'SELECT id, now() AS now FROM w', expect: { w: 'clock' } },
  {
    name: 'clock_two_tables',
    query: `SELECT a.id, w.id AS w_id FROM a JOIN w ON w.a_id = a.id WHERE w.ts + a.v * interval '100 ms' > now()`,
    expect: { w: 'clock', a: 'clock' },
  },
]
