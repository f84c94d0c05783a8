import { expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { explainViews } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
await db.query(`
  create table item (id int primary key, name text, n int, price text);
  create table rate (factor numeric);
  create function closer(int, int) returns boolean language sql stable as 'select $1 < $2 + (select count(*) from rate)';
  create operator <~ (function = closer, leftarg = int, rightarg = int);
  create operator <~~ (function = int4lt, leftarg = int, rightarg = int);
  create type money_of as (amount numeric);
  create function to_money(int) returns money_of language sql stable as 'select row($1 * factor)::money_of from rate';
  create cast (int as money_of) with function to_money(int);
  create function added(int, int) returns int language plpgsql as 'begin return $1 + $2 + (random() * 2)::int; end';
  create aggregate sum_of (int) (sfunc = added, stype = int, initcond = '0');
  create aggregate plain_sum_of (int) (sfunc = int4pl, stype = int, initcond = '0');
  create view near as select id from item where n <~ 5`)

test.each([
  ['an operator', 'select id from item where n <~ 5', 'opaque_function'],
  ['an operator of an immutable function', 'select id from item where n <~~ 5', undefined],
  ['a cast', 'select id, n::money_of as price from item', 'opaque_function'],
  ['an aggregate', 'select name, sum_of(n) as n from item group by name', 'volatile_function'],
  ['an aggregate of an immutable function', 'select name, plain_sum_of(n) as n from item group by name', undefined],
  ['an operator in a view', 'select id from near', 'opaque_function'],
  ['a text that says today', "select id from item where price::date = 'today'::text::date", 'clock'],
  ['a text that says a date', "select id from item where price::date = '2026-01-01'::text::date", undefined],
])('what stands behind %s', async (_, query, code) => {
  const key = query.includes('group by') ? ['name'] : ['id']
  const [explained] = await explainViews(db.pool, normaliseConfig({ views: [{ name: 'mv', query, key }] }).views)
  expect(explained?.sources.map((source) => source.code)).toEqual([code])
})
