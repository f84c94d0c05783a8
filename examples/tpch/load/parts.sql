-- $1 seed, $2 number of parts, $3 number of suppliers. Each part has four suppliers.
with filled as (
  insert into part (p_partkey, p_name, p_mfgr, p_brand, p_type, p_size, p_container, p_retailprice, p_comment)
  select
    n,
    pg_temp.part_name('part name', $1::bigint, n),
    'Manufacturer#' || maker,
    'Brand#' || maker || pg_temp.between('part brand', $1, n, 1, 5),
    pg_temp.part_type('part type', $1, n),
    pg_temp.between('part size', $1, n, 1, 50),
    pg_temp.container('part container', $1, n),
    pg_temp.retail_price(n),
    pg_temp.words('part comment', $1, n, 5, 22)
  from generate_series(1, $2::int) as n,
    lateral (select pg_temp.between('part maker', $1, n, 1, 5) as maker) as made
)
insert into partsupp (ps_partkey, ps_suppkey, ps_availqty, ps_supplycost, ps_comment)
select
  part,
  pg_temp.supplier_of(part, place, $3::int),
  pg_temp.between('available', $1, part * 4::bigint + place, 1, 9999),
  pg_temp.cents(pg_temp.between('supply cost', $1, part * 4::bigint + place, 100, 100000)),
  pg_temp.words('offer comment', $1, part * 4::bigint + place, 49, 198)
from generate_series(1, $2) as part, generate_series(0, 3) as place
