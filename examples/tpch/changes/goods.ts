/** Changes of parts, of suppliers, and of what each supplier offers. */
import { atMost, chosen, newKey, oneIn, oneOf } from './chosen.js'

// Random parts would hardly ever be of the kinds that the queries ask for: every other value here is one of those.
const types = [
  'ECONOMY ANODIZED STEEL',
  'PROMO PLATED BRASS',
  'LARGE POLISHED BRASS',
  'MEDIUM POLISHED TIN',
  'SMALL BRUSHED TIN',
]
const sizes = [15, 3, 49, 7, 9, 40]
const brands = ['Brand#23', 'Brand#12', 'Brand#34', 'Brand#45', 'Brand#11']
const containers = ['MED BOX', 'SM CASE', 'LG PKG', 'JUMBO JAR']
const nations = ['CANADA', 'SAUDI ARABIA', 'GERMANY', 'FRANCE', 'BRAZIL', 'CHINA', 'JAPAN']

const someSuppliers = { count: oneIn(5) }

export const partChanges: readonly string[] = [
  `update part set p_type = ${oneOf('type', 'c.p_partkey', types)}, p_size = ${oneOf('size', 'c.p_partkey', sizes)}
   from ${chosen('part')} as c where part.p_partkey = c.p_partkey`,

  `update part set p_brand = ${oneOf('brand', 'c.p_partkey', brands)},
     p_container = ${oneOf('container', 'c.p_partkey', containers)}
   from ${chosen('part')} as c where part.p_partkey = c.p_partkey`,

  `update part set p_name = case c.place % 3 when 0 then 'forest ' when 1 then 'green ' else '' end
       || left(pg_temp.part_name('name', $1, c.p_partkey), 40),
     p_mfgr = 'Manufacturer#' || pg_temp.between('maker', $1, c.p_partkey, 1, 5),
     p_retailprice = c.p_retailprice + 1, p_comment = pg_temp.words('part', $1, c.p_partkey, 5, 22)
   from ${chosen('part')} as c where part.p_partkey = c.p_partkey`,

  `with made as (
     insert into part (p_partkey, p_name, p_mfgr, p_brand, p_type, p_size, p_container, p_retailprice, p_comment)
     select ${newKey}, p_name, p_mfgr, p_brand, p_type, p_size, p_container, p_retailprice, p_comment
     from ${chosen('part', { count: oneIn(2) })} as c
     returning p_partkey)
   insert into partsupp (ps_partkey, ps_suppkey, ps_availqty, ps_supplycost, ps_comment)
   select p_partkey, s_suppkey, 5000, 250, 'new'
   from made cross join ${chosen('supplier', { count: atMost(2) })} as offering`,

  `with gone as materialized (select p_partkey from ${chosen('part', { count: oneIn(8) })} as c), lines as (
     delete from lineitem using gone where l_partkey = p_partkey), offers as (
     delete from partsupp using gone where ps_partkey = p_partkey)
   delete from part using gone where part.p_partkey = gone.p_partkey`,
]

export const offerChanges: readonly string[] = [
  `update partsupp set ps_supplycost = pg_temp.cents(pg_temp.between('cost', $1, c.ps_partkey, 100, 100000)),
     ps_availqty = pg_temp.between('available', $1, c.ps_partkey, 1, 9999)
   from ${chosen('partsupp')} as c
   where partsupp.ps_partkey = c.ps_partkey and partsupp.ps_suppkey = c.ps_suppkey`,

  // Few pieces are left: q20 asks for those of which there are many.
  `update partsupp set ps_availqty = pg_temp.between('left', $1, c.ps_partkey, 1, 20),
     ps_comment = pg_temp.words('offer', $1, c.ps_partkey, 49, 198)
   from ${chosen('partsupp')} as c
   where partsupp.ps_partkey = c.ps_partkey and partsupp.ps_suppkey = c.ps_suppkey`,

  `insert into partsupp (ps_partkey, ps_suppkey, ps_availqty, ps_supplycost, ps_comment)
   select p_partkey, s_suppkey, pg_temp.between('available', $1, p_partkey, 1, 9999),
     pg_temp.cents(pg_temp.between('cost', $1, p_partkey, 100, 100000)), pg_temp.words('offer', $1, p_partkey, 49, 198)
   from ${chosen('part')} as c join ${chosen('supplier')} as offering using (place)
   on conflict do nothing`,

  `with gone as materialized (select ps_partkey, ps_suppkey from ${chosen('partsupp', { count: oneIn(4) })} as c), lines as (
     delete from lineitem using gone where l_partkey = ps_partkey and l_suppkey = ps_suppkey)
   delete from partsupp using gone where partsupp.ps_partkey = gone.ps_partkey and partsupp.ps_suppkey = gone.ps_suppkey`,
]

export const supplierChanges: readonly string[] = [
  `update supplier set s_nationkey = n_nationkey, s_phone = pg_temp.phone('phone', $1, c.s_suppkey, n_nationkey % 25),
     s_address = pg_temp.address('address', $1, c.s_suppkey)
   from ${chosen('supplier', someSuppliers)} as c join nation on n_name = ${oneOf('home', 's_suppkey', nations)}
   where supplier.s_suppkey = c.s_suppkey`,

  `update supplier set s_acctbal = pg_temp.cents(pg_temp.between('balance', $1, c.s_suppkey, -99999, 999999)),
     s_comment = case when c.s_comment like '%Complaints%' then 'all is well now' else 'Customer has Complaints' end
   from ${chosen('supplier', someSuppliers)} as c where supplier.s_suppkey = c.s_suppkey`,

  // Renamed to and fro; names stay unique.
  `update supplier set s_name = case when trimmed like '% Ltd' then left(trimmed, -4) else trimmed || ' Ltd' end
   from ${chosen('supplier', someSuppliers)} as c, lateral (select rtrim(c.s_name) as trimmed) as unpadded
   where supplier.s_suppkey = c.s_suppkey`,

  `with made as (
     insert into supplier (s_suppkey, s_name, s_address, s_nationkey, s_phone, s_acctbal, s_comment)
     select ${newKey}, 'Supplier#' || ${newKey}, s_address, s_nationkey, s_phone, s_acctbal, s_comment
     from ${chosen('supplier', { count: oneIn(8) })} as c
     returning s_suppkey)
   insert into partsupp (ps_partkey, ps_suppkey, ps_availqty, ps_supplycost, ps_comment)
   select p_partkey, s_suppkey, 9000, 1, 'new'
   from made cross join ${chosen('part', { count: atMost(5) })} as offered`,

  // One that was loaded takes many lines with it: only each fourth time.
  `with gone as materialized (select s_suppkey from ${chosen('supplier', {
    count: atMost(1),
    where: 's_suppkey >= 1000000000 or $1::bigint / 100 % 4 = 0',
  })} as c), lines as (
     delete from lineitem using gone where l_suppkey = s_suppkey), offers as (
     delete from partsupp using gone where ps_suppkey = s_suppkey)
   delete from supplier using gone where supplier.s_suppkey = gone.s_suppkey`,
]
