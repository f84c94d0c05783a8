/** Changes of orders, of their lines, and of customers. */
import { chosen, newKey, oneIn, oneOf } from './chosen.js'

const line = 'lineitem.l_orderkey = c.l_orderkey and lineitem.l_linenumber = c.l_linenumber'
const number = 'c.l_orderkey'
/** A line gets a number in its new order that no line there has. */
const newLine = '($1::bigint * 1000 + c.place)::int'

const restOfLine = `l_quantity, l_extendedprice, l_discount, l_tax, l_returnflag, l_linestatus, l_shipdate, l_commitdate,
  l_receiptdate, l_shipinstruct, l_shipmode, l_comment`

export const lineChanges: readonly string[] = [
  `update lineitem set l_shipdate = moved, l_commitdate = moved + pg_temp.between('commit', $1, ${number}, -40, 60),
     l_receiptdate = moved + pg_temp.between('receipt', $1, ${number}, 1, 30)
   from ${chosen('lineitem')} as c,
     lateral (select c.l_shipdate + pg_temp.between('ship', $1, ${number}, -400, 400) as moved) as dates
   where ${line}`,

  `update lineitem set l_quantity = pieces, l_extendedprice = pieces * c.l_extendedprice / c.l_quantity,
     l_discount = pg_temp.cents(pg_temp.pick('discount', $1, ${number}, 11))
   from ${chosen('lineitem')} as c, lateral (select pg_temp.between('pieces', $1, ${number}, 1, 50) as pieces) as drawn
   where ${line}`,

  `update lineitem set l_returnflag = ${oneOf('flag', number, ['R', 'A', 'N'])},
     l_linestatus = ${oneOf('status', number, ['O', 'F'])}, l_shipmode = pg_temp.ship_mode('mode', $1, ${number}),
     l_shipinstruct = pg_temp.instruction('instruct', $1, ${number}), l_comment = pg_temp.words('line', $1, ${number}, 10, 43)
   from ${chosen('lineitem')} as c
   where ${line}`,

  `update lineitem set l_partkey = ps_partkey, l_suppkey = ps_suppkey
   from ${chosen('lineitem')} as c join ${chosen('partsupp')} as offer using (place)
   where ${line}`,

  `update lineitem set l_orderkey = o_orderkey, l_linenumber = ${newLine}
   from ${chosen('lineitem', { count: oneIn(4) })} as c join ${chosen('orders', { count: oneIn(4) })} as other using (place)
   where ${line}`,

  // Orders of many pieces get few, and orders of many lines many pieces: q18 asks for them.
  `update lineitem set l_quantity = case when large then 10 else 50 end
   from (select l_orderkey, sum(l_quantity) > 300 as large from lineitem
         group by l_orderkey having count(*) >= 7 or sum(l_quantity) > 300
         order by hashint8extended(l_orderkey, $1::bigint) limit ${oneIn(8)}) as c
   where lineitem.l_orderkey = c.l_orderkey`,

  `insert into lineitem (l_orderkey, l_partkey, l_suppkey, l_linenumber, ${restOfLine})
   select o_orderkey, l_partkey, l_suppkey, ${newLine}, ${restOfLine}
   from ${chosen('lineitem')} as c join ${chosen('orders')} as other using (place)`,

  `delete from lineitem using ${chosen('lineitem')} as c where ${line}`,
]

export const orderChanges: readonly string[] = [
  `update orders set o_orderdate = c.o_orderdate + pg_temp.between('date', $1, c.o_orderkey, -700, 700)
   from ${chosen('orders')} as c where orders.o_orderkey = c.o_orderkey`,

  `update orders set o_custkey = c_custkey
   from ${chosen('orders')} as c join ${chosen('customer')} as other using (place) where orders.o_orderkey = c.o_orderkey`,

  `update orders set o_orderpriority = pg_temp.priority('priority', $1, c.o_orderkey),
     o_orderstatus = ${oneOf('status', 'c.o_orderkey', ['F', 'O', 'P'])},
     o_totalprice = c.o_totalprice + pg_temp.pick('price', $1, c.o_orderkey, 100000) / 100.0,
     o_shippriority = pg_temp.pick('shipping', $1, c.o_orderkey, 2),
     o_comment = case when c.place % 2 = 0 then 'special and urgent requests'
       else pg_temp.words('order', $1, c.o_orderkey, 19, 78) end
   from ${chosen('orders')} as c where orders.o_orderkey = c.o_orderkey`,

  `with copied as materialized (select *, ${newKey} as new_key from ${chosen('orders')} as c), lines as (
     insert into lineitem (l_orderkey, l_partkey, l_suppkey, l_linenumber, ${restOfLine})
     select new_key, l_partkey, l_suppkey, l_linenumber, ${restOfLine}
     from copied join lineitem on l_orderkey = o_orderkey)
   insert into orders (o_orderkey, o_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority, o_clerk,
     o_shippriority, o_comment)
   select new_key, o_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority, o_clerk, o_shippriority,
     o_comment
   from copied`,

  `with gone as materialized (select o_orderkey from ${chosen('orders')} as c), lines as (
     delete from lineitem using gone where l_orderkey = gone.o_orderkey)
   delete from orders using gone where orders.o_orderkey = gone.o_orderkey`,
]

export const customerChanges: readonly string[] = [
  `update customer set c_mktsegment = pg_temp.segment('segment', $1, c.c_custkey),
     c_acctbal = pg_temp.cents(pg_temp.between('balance', $1, c.c_custkey, -99999, 999999)),
     c_comment = pg_temp.words('customer', $1, c.c_custkey, 29, 116)
   from ${chosen('customer')} as c where customer.c_custkey = c.c_custkey`,

  `update customer set c_nationkey = n_nationkey,
     c_phone = pg_temp.phone('phone', $1, c.c_custkey, n_nationkey % 25),
     c_address = pg_temp.address('address', $1, c.c_custkey)
   from ${chosen('customer')} as c join ${chosen('nation')} as other using (place)
   where customer.c_custkey = c.c_custkey`,

  `insert into customer (c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment)
   select ${newKey}, 'Customer#' || ${newKey}, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment
   from ${chosen('customer', { count: oneIn(2) })} as c`,

  `with gone as materialized (select c_custkey from ${chosen('customer', { count: oneIn(8) })} as c),
   their_orders as materialized (select o_orderkey from orders join gone on o_custkey = gone.c_custkey), lines as (
     delete from lineitem using their_orders where l_orderkey = o_orderkey), theirs as (
     delete from orders using their_orders where orders.o_orderkey = their_orders.o_orderkey)
   delete from customer using gone where customer.c_custkey = gone.c_custkey`,
]
