-- $1 seed. Regions and nations are the same at every scale.
with regions (number, name) as (
  values (0, 'AFRICA'), (1, 'AMERICA'), (2, 'ASIA'), (3, 'EUROPE'), (4, 'MIDDLE EAST')
), filled as (
  insert into region (r_regionkey, r_name, r_comment)
  select number, name, pg_temp.words('region comment', $1::bigint, number, 31, 115) from regions
)
insert into nation (n_nationkey, n_name, n_regionkey, n_comment)
select place - 1, name, region, pg_temp.words('nation comment', $1, place, 31, 114)
from unnest(
  array['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA',
    'IRAN', 'IRAQ', 'JAPAN', 'JORDAN', 'KENYA', 'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA', 'SAUDI ARABIA',
    'VIETNAM', 'RUSSIA', 'UNITED KINGDOM', 'UNITED STATES'],
  array[0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1]
) with ordinality as nations (name, region, place)
