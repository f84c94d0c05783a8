/** Tables of a maker, an owner and a price for each part; some makers make far more than others. */
export const tablesSql = (rows: number): string => `
  create table makers (id integer primary key, name text not null);
  create table parts (id integer primary key, maker integer not null references makers, owner integer not null,
    price numeric(10, 2) not null);
  insert into makers select n, 'maker ' || n from generate_series(0, 199) n;
  insert into parts select n, (power(random(), 2) * 199)::integer, (n::bigint * 7919) % ${Math.ceil(rows / 10)}, random() * 1000
    from generate_series(1, ${rows}) n;
  create index on parts (maker);
  create index on parts (owner)`

/** One for each way in which a view's changes are followed, fine and coarse. */
export const shapes: Readonly<Record<string, string>> = {
  sums_by_maker: 'select maker, count(*) as parts, sum(price) as price from parts group by maker',
  least_by_name:
    'select m.name, min(p.price) as least, avg(p.price) as mean from parts p join makers m on m.id = p.maker group by m.name',
  rows: 'select p.id, m.name, p.price from parts p join makers m on m.id = p.maker where p.price < 800',
  median_by_maker:
    'select maker, percentile_cont(0.5) within group (order by price) as median from parts group by maker',
  ranks_by_owner: 'select id, owner, rank() over (partition by owner order by price desc) as place from parts',
}

export interface ChangeSize {
  readonly title: string
  /** Of how many rows one is changed; 0: one row alone. */
  readonly every: number
}

export const sizes: readonly ChangeSize[] = [
  { title: '1 row', every: 0 },
  { title: '0.1 %', every: 1000 },
  { title: '1 %', every: 100 },
  { title: '10 %', every: 10 },
  { title: '50 %', every: 2 },
  { title: 'all rows', every: 1 },
]

/** Prices go up and down by a little, so that some places change and most do not. */
export function changeSql({ every }: ChangeSize, round: number, rows: number): string {
  const which = every === 0 ? `id = ${1 + ((round * 7919) % rows)}` : `id % ${every} = ${round % every}`
  return `update parts set price = price + ${round % 2 === 0 ? 3 : -3} where ${which}`
}
