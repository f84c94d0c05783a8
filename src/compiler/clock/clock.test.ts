import { beforeAll, describe, expect, test } from 'vitest'
import { buildQuery } from '../ir/build.js'
import { loadParser, toSql } from '../parse/parse.js'
import { factsOf, table } from '../testFacts.js'
import { clockOf, isReason } from './clock.js'

beforeAll(loadParser)

const orders = table(
  'orders',
  'id! integer, customer_id integer, at timestamp with time zone, local timestamp without time zone, due date, txt text',
  { keys: [['id']] },
)
const customers = table('customers', 'id! integer, at timestamp with time zone, ttl interval', { keys: [['id']] })

/** How the clock goes into `SELECT o.id FROM orders o WHERE …`: windows as `subject | bound`, steps, or the reason. */
function read(condition: string, timeZone = 'UTC') {
  return readQuery(`SELECT o.id FROM public.orders o WHERE ${condition}`, timeZone)
}

function readQuery(query: string, timeZone = 'UTC') {
  const facts = factsOf(query, 'id integer', [orders, customers])
  const clock = clockOf(facts, buildQuery(facts), timeZone)
  if (clock === undefined) return undefined
  if (isReason(clock)) return clock.code
  return {
    windows: clock.windows.map(({ relation, range }) =>
      range === undefined
        ? `${relation.name} by a scan`
        : `${relation.name} by ${toSql(range.subject).replace('tidemark_row.', '')} | ${toSql(range.bound)}`,
    ),
    steps: clock.steps.map(toSql),
  }
}

describe('comparisons with the clock', () => {
  test.each([
    ["o.at > (now() - '1 day'::interval)", "orders by at | now() - '1 day'::interval"],
    ["(now() - '1 day'::interval) < o.at", "orders by at | now() - '1 day'::interval"],
    ['o.at <= CURRENT_TIMESTAMP', 'orders by at | CURRENT_TIMESTAMP'],
    ['o.local < LOCALTIMESTAMP', 'orders by local | LOCALTIMESTAMP'],
    ['o.due >= (CURRENT_DATE - 7)', 'orders by due | CURRENT_DATE - 7'],
    ['o.due = CURRENT_DATE', 'orders by due | CURRENT_DATE'],
    ["o.at >= date_trunc('day'::text, now())", "orders by at | date_trunc('day'::text, now())"],
    [
      'o.at >= ((now())::date)::timestamp with time zone',
      'orders by at | CAST((now())::date AS timestamp with time zone)',
    ],
    ["date_trunc('day'::text, o.at) = date_trunc('day'::text, now())", /^orders by date_trunc\(.*at\) \| date_trunc/],
    ["(o.at + '1 day'::interval) > now()", "orders by at | now() - '1 day'::interval"],
    ["(o.at - '02:00:00'::interval) > now()", "orders by at | now() + '02:00:00'::interval"],
    ["(now() - o.at) < '1 day'::interval", "orders by at | now() - '24 hours'::interval"],
    [
      "'1 day 02:00:00'::interval >= (now() - o.at)",
      "orders by at | (now() - '24 hours'::interval) - '02:00:00'::interval",
    ],
    ["(o.at + '1 mon'::interval) > now()", /^orders by o?\.?at \+ '1 mon'::interval \| now\(\)/],
    ["age(o.at) < '1 day'::interval", 'orders by a scan'],
    ['(o.id = 1) OR (o.at > now())', 'orders by at | now()'],
    ['NOT (o.at > now())', 'orders by at | now()'],
  ])('%s', (condition, window) => {
    const found = read(condition)
    expect(found).toMatchObject({ steps: [] })
    expect(found).toMatchObject({ windows: [typeof window === 'string' ? window : expect.stringMatching(window)] })
  })

  test('both bounds of BETWEEN are windows', () => {
    expect(read("(o.at >= (now() - '1 day'::interval)) AND (o.at <= now())")).toEqual({
      windows: ["orders by at | now() - '1 day'::interval", 'orders by at | now()'],
      steps: [],
    })
  })

  test('where the clock can jump, no length is taken to the other side', () => {
    const berlin = (condition: string) => read(condition, 'Europe/Berlin')
    expect(berlin("(o.at + '1 day'::interval) > now()")).toMatchObject({
      windows: ["orders by o.at + '1 day'::interval | now()".replace('o.', '')],
    })
    expect(berlin("(LOCALTIMESTAMP - o.at) < '1 day'::interval")).toBe('clock')
    expect(berlin("(now() - o.at) < '1 day'::interval")).toMatchObject({
      windows: [expect.stringMatching(/^orders by at \| now\(\)/)],
    })
  })

  test('times of day begin again at midnight', () => {
    expect(read("((o.local)::time without time zone + '01:00:00'::interval) > LOCALTIME")).toMatchObject({
      windows: [expect.stringMatching(/\+ '01:00:00'::interval \| LOCALTIME$/)],
    })
  })
})

describe('steps', () => {
  test.each([
    ['o.id > EXTRACT(hour FROM now())', undefined],
    ['EXTRACT(hour FROM now()) > 9', 'EXTRACT(HOUR'],
    ["now() > '2027-01-01 00:00:00+00'::timestamp with time zone", 'now() >'],
    ['o.customer_id = (CURRENT_DATE - o.due)', undefined],
  ])('%s', (condition, step) => {
    const found = read(condition)
    if (step === undefined) expect(found).toMatchObject({ steps: [], windows: [expect.any(String)] })
    else expect(found).toMatchObject({ windows: [], steps: [expect.stringContaining(step)] })
  })

  test('what a column is computed from', () => {
    expect(readQuery('SELECT o.id, (CURRENT_DATE - o.due) AS days FROM public.orders o')).toEqual({
      windows: [],
      steps: ['CURRENT_DATE'],
    })
    expect(readQuery("SELECT o.id, date_trunc('hour'::text, now()) AS hour FROM public.orders o")).toMatchObject({
      windows: [],
      steps: [expect.stringContaining('date_trunc')],
    })
  })

  test('a date compared with columns of two tables', () => {
    expect(
      readQuery(
        'SELECT o.id FROM (public.orders o JOIN public.customers c ON ((c.id = o.customer_id))) WHERE ((o.due + c.id) > CURRENT_DATE)',
      ),
    ).toEqual({ windows: [], steps: ['CURRENT_DATE'] })
  })
})

describe('what is not followed', () => {
  test.each([
    ['statement_timestamp() > o.at'],
    ["o.at > (now() - (o.id * '1 day'::interval))"],
    ['o.at > COALESCE(now(), o.local)'],
    ['(now(), 1) > (o.at, o.id)'],
    ["age(now(), o.at) < '1 day'::interval"],
    ['clock_timestamp() > o.at'],
    ['o.at > CURRENT_TIMESTAMP(3)'],
    ["o.at > (('yesterday'::text)::date)"],
    ["o.at > ((('to'::text || 'day'::text))::timestamp without time zone)"],
    ['random() < EXTRACT(second FROM now())'],
  ])('%s', (condition) => {
    const found = read(condition)
    expect(found === 'clock' || (typeof found === 'object' && found.steps.length > 0)).toBe(true)
  })

  test('the time itself as a column', () => {
    expect(readQuery('SELECT o.id, now() AS at FROM public.orders o')).toBe('clock')
    expect(readQuery('SELECT o.id, (now() - o.at) AS age FROM public.orders o')).toBe('clock')
  })

  test('a comparison with columns of two tables', () => {
    expect(
      readQuery(
        'SELECT o.id FROM (public.orders o JOIN public.customers c ON ((c.id = o.customer_id))) WHERE ((o.at + c.ttl) > now())',
      ),
    ).toBe('clock')
  })

  test('an aggregate compared with the clock', () => {
    expect(
      readQuery('SELECT o.customer_id AS id FROM public.orders o GROUP BY o.customer_id HAVING (max(o.at) > now())'),
    ).toBe('clock')
  })

  test('a row that an outer join leaves out, where NULL is not the answer for it', () => {
    const query = (condition: string) =>
      `SELECT c.id FROM (public.customers c LEFT JOIN public.orders o ON ((o.customer_id = c.id))) WHERE ${condition}`
    expect(readQuery(query('(o.at > now())'))).toMatchObject({ windows: ['orders by at | now()'] })
    expect(readQuery(query('(COALESCE(o.at, c.at) > now())'))).toBe('clock')
    expect(readQuery(query("(COALESCE(o.at, '2027-01-01'::timestamp with time zone) > now())"))).toBe('clock')
  })

  test('no clock at all', () => {
    expect(read("o.at > '2026-01-01'::date AND o.due > ('2026-01-01'::text)::date")).toBeUndefined()
  })
})

describe('through nested queries', () => {
  test('a derived column is that of the table', () => {
    expect(
      readQuery(
        "SELECT q.id FROM ( SELECT o.id, o.at AS moment FROM public.orders o) q WHERE (q.moment > (now() - '1 day'::interval))",
      ),
    ).toEqual({ windows: ["orders by at | now() - '1 day'::interval"], steps: [] })
  })

  test('of each arm of a UNION', () => {
    expect(
      readQuery(
        'SELECT q.id FROM ( SELECT o.id, o.at FROM public.orders o UNION ALL SELECT c.id, c.at FROM public.customers c) q WHERE (q.at > now())',
      ),
    ).toEqual({ windows: ['orders by at | now()', 'customers by at | now()'], steps: [] })
  })

  test('in a subquery', () => {
    expect(
      readQuery(
        'SELECT c.id FROM public.customers c WHERE (EXISTS ( SELECT 1 FROM public.orders o WHERE ((o.customer_id = c.id) AND (o.at > now()))))',
      ),
    ).toEqual({ windows: ['orders by at | now()'], steps: [] })
    expect(
      readQuery(
        'SELECT c.id FROM public.customers c WHERE (EXISTS ( SELECT 1 FROM public.orders o WHERE ((o.customer_id = c.id) AND (c.at > now()))))',
      ),
    ).toBe('clock')
  })
})
