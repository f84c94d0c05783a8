-- $1 seed, $2 number of suppliers
insert into supplier (s_suppkey, s_name, s_address, s_nationkey, s_phone, s_acctbal, s_comment)
select
  n,
  'Supplier#' || lpad(n::text, 9, '0'),
  pg_temp.address('supplier', $1::bigint, n),
  nation,
  pg_temp.phone('supplier phone', $1, n, nation),
  pg_temp.cents(pg_temp.between('supplier balance', $1, n, -99999, 999999)),
  -- Five of 10,000 are complained of, and five recommended. One at least, however few there are.
  case n % 2000
    when 7 then 'Customer ' || pg_temp.words('supplier comment', $1, n, 5, 60) || ' Complaints'
    when 1007 then 'Customer ' || pg_temp.words('supplier comment', $1, n, 5, 60) || ' Recommends'
    else pg_temp.words('supplier comment', $1, n, 25, 100)
  end
from generate_series(1, $2::int) as n,
  -- Each 25 suppliers are of 25 nations: a small scale has suppliers everywhere.
  lateral (select (n * 7 + pg_temp.pick('supplier nation', $1, n / 25, 25)) % 25 as nation) as home
