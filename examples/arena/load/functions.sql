-- What the generator is made of. Every value is a hash of (topic, seed, number): the same seed gives the same rows on
-- every run, and rows can be made in batches, in any order. They live in pg_temp: the database keeps none of them.

-- A number in [0, 1).
create or replace function pg_temp.uniform(topic text, seed bigint, n bigint) returns double precision
language sql immutable parallel safe
return (hashint8extended(n, hashtextextended(topic collate "C", seed)) & 9007199254740991) / 9007199254740992.0::float8;

create or replace function pg_temp.make_id(kind text, seed bigint, n bigint) returns uuid
language sql immutable parallel safe
return md5(kind || ':' || seed::text || ':' || n::text)::uuid;

-- Ranks 0 … count-1, low ones more often: rank ~ (floor + u·(1 - floor))^exponent. `floor` keeps rank 0 from taking more
-- than its share; see headFloor() in data.ts.
create or replace function pg_temp.skewed_rank(u float8, count int, exponent float8, floor float8) returns int
language sql immutable parallel safe
return least(
  count - 1,
  trunc(count * (power(floor + u * (1 - floor), exponent) - power(floor, exponent)) / (1 - power(floor, exponent)))::int
);

-- The inverse: the share of all draws that falls on ranks below `rank`.
create or replace function pg_temp.share_below(rank int, count int, exponent float8, floor float8) returns float8
language sql immutable parallel safe
return (
  power(power(floor, exponent) + rank::float8 / count * (1 - power(floor, exponent)), 1 / exponent) - floor
) / (1 - floor);

create or replace function pg_temp.quarter_points(score float8) returns numeric
language sql immutable parallel safe
return (round(4 * least(100, greatest(0, score)))::int * 0.25);
