-- What the generator is made of. Every value is a hash of (topic, seed, number): the same seed gives the same rows on
-- every run, and rows can be made in batches, in any order. They live in pg_temp: the database keeps none of them.

-- A whole number from 0 to count - 1.
create or replace function pg_temp.pick(topic text, seed bigint, n bigint, count int) returns int
language sql immutable parallel safe
return ((hashint8extended(n, hashtextextended(topic collate "C", seed)) & 9007199254740991) % count)::int;

-- A whole number from low to high.
create or replace function pg_temp.between(topic text, seed bigint, n bigint, low int, high int) returns int
language sql immutable parallel safe
return low + pg_temp.pick(topic, seed, n, high - low + 1);

create or replace function pg_temp.cents(amount bigint) returns numeric
language sql immutable parallel safe
return round(amount::numeric / 100, 2);

-- 16 kB of words, of which comments are cut. "special" and "requests" are in it as often as q13 needs them.
do $make_pool$
declare
  words text[] := string_to_array('special requests special requests packages deposits accounts foxes ideas theodolites '
    || 'instructions dependencies excuses platelets asymptotes courts dolphins multipliers sauternes warthogs frets dinos '
    || 'attainments somas braids players frays warhorses dugouts epitaphs pearls tithes waters orbits gifts sheaves depths '
    || 'sentiments decoys realms pains grouches escapades pending unusual express furious sly careful blithe quick fluffy '
    || 'slow quiet ruthless thin close dogged daring brave stealthy permanent enticing idle busy regular final ironic even '
    || 'bold silent sleep wake nag haggle cajole use boost affix detect integrate about above across after against along',
    ' ');
begin
  execute format(
    'create or replace function pg_temp.text_pool() returns bytea language sql immutable parallel safe return %L::bytea',
    (select left(string_agg(words[1 + pg_temp.pick('pool', 0, i, cardinality(words))], ' ' order by i), 16384)
     from generate_series(1, 4000) as i));
end $make_pool$;

-- Cut as bytes: of text, every cut would count characters from the beginning.
create or replace function pg_temp.words(topic text, seed bigint, n bigint, shortest int, longest int) returns text
language sql immutable parallel safe
return encode(
  substr(pg_temp.text_pool(), pg_temp.between(topic, seed, n, 1, 16000), pg_temp.between(topic, seed + 1, n, shortest, longest)),
  'escape');

create or replace function pg_temp.address(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return left(translate(md5(topic || seed || ':' || n), '0123456789', 'GHJKLMNPQR'), pg_temp.between(topic, seed, n, 10, 30));

-- The country code is the nation's number plus ten: q22 asks for it.
create or replace function pg_temp.phone(topic text, seed bigint, n bigint, nation int) returns text
language sql immutable parallel safe
return (10 + nation) || '-' || pg_temp.between(topic, seed, n, 100, 999) || '-'
  || pg_temp.between(topic, seed + 1, n, 100, 999) || '-' || pg_temp.between(topic, seed + 2, n, 1000, 9999);

create or replace function pg_temp.retail_price(part int) returns numeric
language sql immutable parallel safe
return pg_temp.cents(90000 + (part / 10) % 20001 + 100 * (part % 1000));

-- The four suppliers (place 0 to 3) of a part, as the specification spreads them. Where suppliers are few, its step would
-- meet the same one twice: it is kept below a third of them.
create or replace function pg_temp.supplier_of(part int, place int, suppliers int) returns int
language sql immutable parallel safe
return (part + place * (suppliers / 4 + ((part - 1) / suppliers) % greatest(1, suppliers / 12))) % suppliers + 1;

create or replace function pg_temp.part_type(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO'])[1 + pg_temp.pick(topic, seed, n, 6)] || ' '
  || (array['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED'])[1 + pg_temp.pick(topic, seed + 1, n, 5)] || ' '
  || (array['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER'])[1 + pg_temp.pick(topic, seed + 2, n, 5)];

create or replace function pg_temp.container(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['SM', 'MED', 'LG', 'JUMBO', 'WRAP'])[1 + pg_temp.pick(topic, seed, n, 5)] || ' '
  || (array['CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM'])[1 + pg_temp.pick(topic, seed + 1, n, 8)];

create or replace function pg_temp.segment(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'])[1 + pg_temp.pick(topic, seed, n, 5)];

create or replace function pg_temp.priority(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[1 + pg_temp.pick(topic, seed, n, 5)];

create or replace function pg_temp.instruction(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[1 + pg_temp.pick(topic, seed, n, 4)];

create or replace function pg_temp.ship_mode(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (array['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[1 + pg_temp.pick(topic, seed, n, 7)];

-- The five different words of a part's name.
create or replace function pg_temp.part_name(topic text, seed bigint, n bigint) returns text
language sql immutable parallel safe
return (
  select string_agg(colours[1 + (first + place * step) % cardinality(colours)], ' ' order by place)
  from (select string_to_array(
      'almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse '
      || 'chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest '
      || 'frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light '
      || 'lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale '
      || 'papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky '
      || 'slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow', ' ') as colours,
    pg_temp.pick(topic, seed, n, 92) as first, pg_temp.between(topic, seed + 1, n, 1, 22) as step) as chosen,
    generate_series(0, 4) as place
);
