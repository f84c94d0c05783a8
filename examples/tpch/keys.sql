-- Keys, foreign keys with an index on each, and indexes on the dates that are searched.

alter table region add primary key (r_regionkey);
alter table nation add primary key (n_nationkey);
alter table part add primary key (p_partkey);
alter table supplier add primary key (s_suppkey);
alter table partsupp add primary key (ps_partkey, ps_suppkey);
alter table customer add primary key (c_custkey);
alter table orders add primary key (o_orderkey);
alter table lineitem add primary key (l_orderkey, l_linenumber);

create index nation_region on nation (n_regionkey);
create index supplier_nation on supplier (s_nationkey);
create index partsupp_supplier on partsupp (ps_suppkey);
create index customer_nation on customer (c_nationkey);
create index orders_customer on orders (o_custkey);
create index orders_date on orders (o_orderdate);
create index lineitem_part_supplier on lineitem (l_partkey, l_suppkey);
create index lineitem_supplier on lineitem (l_suppkey);
create index lineitem_shipdate on lineitem (l_shipdate);
create index lineitem_receiptdate on lineitem (l_receiptdate);

alter table nation add foreign key (n_regionkey) references region (r_regionkey);
alter table supplier add foreign key (s_nationkey) references nation (n_nationkey);
alter table customer add foreign key (c_nationkey) references nation (n_nationkey);
alter table partsupp
  add foreign key (ps_partkey) references part (p_partkey),
  add foreign key (ps_suppkey) references supplier (s_suppkey);
alter table orders add foreign key (o_custkey) references customer (c_custkey);
alter table lineitem
  add foreign key (l_orderkey) references orders (o_orderkey),
  add foreign key (l_partkey, l_suppkey) references partsupp (ps_partkey, ps_suppkey);
