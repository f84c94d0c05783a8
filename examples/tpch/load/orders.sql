-- Orders with their lines; the load and the refresh function RF1 make them alike. What comes later leaves out orders of
-- customers, and lines of offers, that are no longer there.
-- $1 seed, $2 first and $3 last order number, $4 which eighth of 32 keys they take: 0 in the load, 1 to 3 later,
-- $5 customers, $6 parts, $7 suppliers, $8 clerks
with numbered as (
  select n / 8 * 32 + $4::int * 8 + n % 8 + 1 as orderkey,
    -- Ten of the first orders are of more than 300 pieces, which q18 asks for: by chance only one in 26,000 is.
    n % 400 = 200 and n < 4000 and $4 = 0 as bulk
  from generate_series($2::int, $3::int) as n
), purchase as (
  select orderkey, bulk,
    date '1992-01-01' + pg_temp.pick('order date', $1::bigint, orderkey, 2406) as orderdate,
    case when bulk then 7 else pg_temp.between('lines', $1, orderkey, 1, 7) end as lines,
    -- Every third customer has no orders.
    buyer / 2 * 3 + buyer % 2 + 1 as customer
  from numbered, lateral (select pg_temp.pick('buyer', $1, orderkey, $5::int * 2 / 3) as buyer) as chosen
  offset 0
), drawn as (
  select orderkey, orderdate, customer, linenumber, n,
    pg_temp.between('line part', $1, n, 1, $6::int) as part,
    case when bulk then pg_temp.between('quantity', $1, n, 43, 50) else pg_temp.between('quantity', $1, n, 1, 50) end as quantity,
    orderdate + pg_temp.between('shipped', $1, n, 1, 121) as shipdate
  from purchase, generate_series(1, lines) as linenumber, lateral (select orderkey::bigint * 8 + linenumber as n) as line
  where $4 = 0 or exists (select from customer where c_custkey = customer)
  offset 0
), line as materialized (
  select drawn.*, supplier,
    quantity * pg_temp.retail_price(part) as price,
    pg_temp.cents(pg_temp.pick('discount', $1, n, 11)) as discount,
    pg_temp.cents(pg_temp.pick('tax', $1, n, 9)) as tax,
    shipdate + pg_temp.between('received', $1, n, 1, 30) as receiptdate,
    case when shipdate > date '1995-06-17' then 'O' else 'F' end as status
  from drawn, lateral (select pg_temp.supplier_of(part, pg_temp.pick('line supplier', $1, n, 4), $7::int) as supplier) as offering
  where $4 = 0 or exists (select from partsupp where ps_partkey = part and ps_suppkey = supplier)
), filled as (
  insert into lineitem (l_orderkey, l_partkey, l_suppkey, l_linenumber, l_quantity, l_extendedprice, l_discount, l_tax,
    l_returnflag, l_linestatus, l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode, l_comment)
  select orderkey, part, supplier, linenumber, quantity, price, discount, tax,
    case when receiptdate > date '1995-06-17' then 'N' when pg_temp.pick('returned', $1, n, 2) = 0 then 'R' else 'A' end,
    status, shipdate, orderdate + pg_temp.between('committed', $1, n, 30, 90), receiptdate,
    pg_temp.instruction('instruction', $1, n), pg_temp.ship_mode('ship mode', $1, n),
    pg_temp.words('line comment', $1, n, 10, 43)
  from line
)
insert into orders (o_orderkey, o_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority, o_clerk,
  o_shippriority, o_comment)
select orderkey, customer,
  case when open = 0 then 'F' when open = lines then 'O' else 'P' end,
  total, orderdate,
  pg_temp.priority('order priority', $1, orderkey),
  'Clerk#' || lpad(pg_temp.between('clerk', $1, orderkey, 1, $8::int)::text, 9, '0'),
  0,
  pg_temp.words('order comment', $1, orderkey, 19, 78)
from (
  select orderkey, customer, orderdate, count(*) as lines, count(*) filter (where status = 'O') as open,
    round(sum(price * (1 + tax) * (1 - discount)), 2) as total
  from line
  group by orderkey, customer, orderdate
) as summed
order by orderkey
