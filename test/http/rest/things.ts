import type { ViewOptions } from '../../../src/define/options.js'
import { apply } from '../../deploy/support.js'
import type { TestDatabase } from '../../kit/index.js'

/** A view with a column of every kind that there is an operator for. */
export async function deployThings(db: TestDatabase, others: Record<string, ViewOptions> = {}): Promise<void> {
  await db.query(`
    CREATE SCHEMA reporting;
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TYPE place AS (lat numeric, long numeric);
    CREATE TABLE thing (id int PRIMARY KEY, name text, price numeric, amount bigint, active boolean, tags text[],
      doc jsonb, plain json, span int4range, period tstzrange, words tsvector, note text, made timestamptz, mood mood,
      spot place, secret text);
    INSERT INTO thing SELECT i, (ARRAY['apple', 'Apricot', 'banana', 'Cherry, "dark"', 'dates (dried)', 'a_b%c'])[1 + i % 6] || ' ' || i,
      i * 1.5, 9007199254740000 + i, CASE WHEN i % 3 > 0 THEN i % 3 = 1 END,
      ARRAY['t' || i % 2, 't' || i % 3, 'a,b'],
      jsonb_build_object('n', i, 'k', jsonb_build_object('it''s "x"', 'v' || i % 4), 'l', jsonb_build_array(i, i + 1), 'z', NULL),
      json_build_object('b', i % 2, 'a', NULL), int4range(i, i + 5),
      tstzrange('2026-01-01Z'::timestamptz + i * interval '1 day', '2026-01-01Z'::timestamptz + (i + 2) * interval '1 day'),
      to_tsvector('english', (ARRAY['fat cats ate rats', 'a cat and a dog', 'the dog barks', 'parrots talking'])[1 + i % 4]),
      CASE WHEN i % 5 > 0 THEN 'note ' || i % 5 END, '2026-01-01Z'::timestamptz + i * interval '1 hour',
      (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::mood, ROW(i, -i)::place, 'secret ' || i
    FROM generate_series(1, 24) i`)
  await apply(db, {
    things: {
      query: `SELECT id, name, price, amount, active, tags, doc, plain, span, period, words, note, made, mood, spot,
        note AS "Odd, ""na.me""", id AS "select" FROM thing`,
      key: ['id'],
      read: { public: true, live: true },
    },
    daily: { schema: 'reporting', query: 'SELECT id, name FROM thing WHERE id < 4', key: ['id'] },
    guarded: {
      query: 'SELECT id, name, active FROM thing',
      key: ['id'],
      read: { guard: 'id <= 12', filter: 'active IS NOT TRUE' },
    },
    recent: {
      query: 'SELECT id, made FROM thing',
      key: ['id'],
      read: { filter: "made < now() + interval '1 hour'" },
    },
    closed: { query: 'SELECT id, secret FROM thing', key: ['id'] },
    ...others,
  })
}
