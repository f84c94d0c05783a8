import type { Shape } from './shape.js'

const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns'] as const

function bucket(name: string, expression: string, zone: (typeof zones)[number] = 'UTC', table = 'a'): Shape {
  return {
    name,
    // A distinct count keeps it from being maintained by deltas.
    query: `SELECT ${expression} AS bucket, count(*) AS n, count(DISTINCT 1) AS one FROM ${table} GROUP BY ${expression}`,
    timeZone: zone,
    expect: { [table]: 'slice' },
  }
}

/** Time buckets, with NULL and infinite times, and clocks that jump. */
export const buckets: readonly Shape[] = [
  bucket('t_day', "date_trunc('day', ts)"),
  bucket('t_day_berlin', "date_trunc('day', ts)", 'Europe/Berlin'),
  bucket('t_hour_newfoundland', "date_trunc('hour', ts)", 'America/St_Johns'),
  bucket('t_week_own_zone', "date_trunc('week', ts, 'Europe/Berlin')"),
  bucket('t_month_at_zone', "date_trunc('month', ts AT TIME ZONE 'Europe/Berlin')"),
  bucket('t_day_at_utc', "date_trunc('day', ts AT TIME ZONE 'UTC')", 'America/St_Johns'),
  bucket('t_date', 'ts::date'),
  bucket('t_date_berlin', 'ts::date', 'Europe/Berlin'),
  bucket('t_date_at_zone', "(ts AT TIME ZONE 'America/St_Johns')::date"),
  bucket('t_year', 'extract(year FROM ts)', 'Europe/Berlin'),
  bucket('t_quarter', "date_trunc('quarter', ts)"),
  bucket('t_decade', "date_trunc('decade', local)", 'UTC', 'e'),
  bucket('t_hour_of_day', 'extract(hour FROM ts)'),
  bucket('t_year_of_date', 'extract(year FROM d)', 'UTC', 'b'),
  bucket('t_local_day', "date_trunc('day', local)", 'Europe/Berlin', 'e'),
  bucket('t_millis_berlin', "date_trunc('day', at)", 'Europe/Berlin', 'f'),
  bucket('t_millis_at_zone', "date_trunc('hour', at AT TIME ZONE 'America/St_Johns')", 'UTC', 'f'),
  bucket('t_domain', "date_trunc('day', dm)", 'Europe/Berlin', 'f'),
  bucket('t_month_of_year', 'extract(month FROM at)', 'UTC', 'f'),
  bucket('t_lower_range', 'lower(span)', 'UTC', 'f'),
  bucket('t_json_number', 'doc #>> ARRAY[]::text[]', 'UTC', 'f'),
  bucket('t_interval', "date_trunc('hour', iv)", 'UTC', 'e'),
  bucket('t_year_of_interval', 'extract(year FROM iv)', 'UTC', 'e'),
  {
    name: 't_bin',
    query: `SELECT date_bin('15 minutes', ts, '2024-01-01 00:07+00') AS bucket, count(*) AS n FROM a
      WHERE isfinite(ts) GROUP BY 1`,
  },
  {
    name: 't_text_date',
    query: "SELECT txt::date AS day, count(*) AS n FROM e WHERE txt ~ '^2024-0[1-9]-0[1-9]$' GROUP BY 1",
  },
  {
    name: 't_join_day',
    query: `SELECT b.kind, date_trunc('day', a.ts) AS day, count(*) AS n FROM b LEFT JOIN a ON a.id = b.a_id
      GROUP BY b.kind, date_trunc('day', a.ts)`,
  },
  { name: 't_partition_day', query: 'SELECT region, ts::date AS day, max(v) AS v FROM p GROUP BY region, ts::date' },
  {
    name: 't_week_lag',
    query: `SELECT week, g, n, lag(n) OVER (PARTITION BY g ORDER BY week) AS before FROM (
      SELECT date_trunc('week', ts) AS week, g, count(*) AS n FROM a GROUP BY 1, 2) s`,
    key: ['week', 'g'],
  },
]
