-- $1 seed, $2 number of customers
insert into customer (c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment)
select
  n,
  'Customer#' || lpad(n::text, 9, '0'),
  pg_temp.address('customer', $1::bigint, n),
  nation,
  pg_temp.phone('customer phone', $1, n, nation),
  pg_temp.cents(pg_temp.between('customer balance', $1, n, -99999, 999999)),
  pg_temp.segment('customer segment', $1, n),
  pg_temp.words('customer comment', $1, n, 29, 116)
from generate_series(1, $2::int) as n,
  lateral (select pg_temp.pick('customer nation', $1, n, 25) as nation) as home
