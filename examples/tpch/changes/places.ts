/** Changes of nations and regions, which are few and are joined by all. */
import { atMost, chosen, newKey } from './chosen.js'

const two = { count: atMost(2) }
const one = { count: atMost(1) }

export const nationChanges: readonly string[] = [
  // Two nations change their names with each other, so that names stay unique.
  `with pair as materialized (select * from ${chosen('nation', two)} as c)
   update nation set n_name = other.n_name
   from pair as c join pair as other on other.place <> c.place where nation.n_nationkey = c.n_nationkey`,

  `update nation set n_regionkey = r_regionkey, n_comment = pg_temp.words('nation', $1, c.n_nationkey, 31, 114)
   from ${chosen('nation', two)} as c join ${chosen('region', two)} as other using (place)
   where nation.n_nationkey = c.n_nationkey`,

  // Before the next one is made: that one has until the next round to be referred to.
  `delete from nation using ${chosen('nation', {
    ...one,
    where: `n_name like 'NATION %' and not exists (select from customer where c_nationkey = n_nationkey)
      and not exists (select from supplier where s_nationkey = n_nationkey)`,
  })} as c where nation.n_nationkey = c.n_nationkey`,

  `insert into nation (n_nationkey, n_name, n_regionkey, n_comment)
   select ${newKey}, 'NATION ' || $1, r_regionkey, 'new' from ${chosen('region', one)} as c`,
]

export const regionChanges: readonly string[] = [
  `with pair as materialized (select * from ${chosen('region', two)} as c)
   update region set r_name = other.r_name
   from pair as c join pair as other on other.place <> c.place where region.r_regionkey = c.r_regionkey`,

  `update region set r_comment = pg_temp.words('region', $1, c.r_regionkey, 31, 115)
   from ${chosen('region', two)} as c where region.r_regionkey = c.r_regionkey`,

  // Before the next one is made: that one has until the next round to be referred to.
  `delete from region using ${chosen('region', {
    ...one,
    where: `r_name like 'REGION %' and not exists (select from nation where n_regionkey = r_regionkey)`,
  })} as c where region.r_regionkey = c.r_regionkey`,

  `insert into region (r_regionkey, r_name, r_comment)
   select ${newKey}, 'REGION ' || $1, 'new' from ${chosen('region', one)} as c`,
]
