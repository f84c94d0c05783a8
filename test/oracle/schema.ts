/**
 * A compact schema with everything that makes maintaining views hard: NULLs everywhere, composite keys, duplicates, a
 * table without a key, partitions, inheritance, a table that refers to itself, cascades, names that need quotes, and
 * types whose equal values look different. Few values, so that random rows meet.
 */

/** 63 bytes, the longest name that PostgreSQL keeps. */
export const longName = 'a_name_of_exactly_sixty_three_bytes_that_is_the_longest_ever_é'

export const schemaSql = `
CREATE TYPE mood AS ENUM ('low', 'mid', 'high');
CREATE DOMAIN small AS integer CHECK (VALUE < 100);
CREATE SCHEMA "We""ird Schema";
CREATE SCHEMA other;

CREATE TABLE a (
  id integer PRIMARY KEY,
  parent integer REFERENCES a ON DELETE SET NULL,
  g integer, h text, n numeric, ts timestamptz, v integer NOT NULL DEFAULT 0
);
CREATE INDEX ON a (g);
CREATE TABLE b (
  id integer PRIMARY KEY,
  a_id integer REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE,
  g integer, u uuid, amount numeric(8, 2), d date, kind mood, note text
);
CREATE INDEX ON b (a_id);
CREATE TABLE c (
  k1 integer, k2 text, b_id integer REFERENCES b ON DELETE CASCADE, v integer, ts timestamptz, dom small,
  PRIMARY KEY (k1, k2)
);
CREATE TABLE d (x integer, y text, z integer);
CREATE TABLE dim (g integer PRIMARY KEY, name text NOT NULL, top integer, unused text);
CREATE TABLE e (
  id integer PRIMARY KEY, g integer, arr jsonb, obj jsonb, iv interval, num numeric, txt text, local timestamp, js json
);
CREATE TABLE p (id integer, region text, v integer, ts timestamptz, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE p_north PARTITION OF p FOR VALUES IN ('n');
CREATE TABLE p_south (note text, ts timestamptz, region text NOT NULL, v integer, id integer NOT NULL);
ALTER TABLE p_south DROP COLUMN note;
ALTER TABLE p ATTACH PARTITION p_south FOR VALUES IN ('s');
CREATE TABLE p_rest PARTITION OF p DEFAULT;
CREATE TABLE inh (id integer NOT NULL, g integer, v integer);
CREATE TABLE inh_child (extra text) INHERITS (inh);
CREATE TABLE "We""ird Schema"."select" (
  "Group" integer, "a b" text, "${longName}" integer, "q""uote" text, PRIMARY KEY ("Group", "a b")
);
CREATE TABLE other.a (id integer PRIMARY KEY, g integer, "order" text);
CREATE TABLE settings (id integer PRIMARY KEY, n integer NOT NULL);
CREATE DOMAIN moment AS timestamptz;
CREATE TABLE f (
  id integer PRIMARY KEY, at timestamptz(3) NOT NULL, dm moment, f4 real, f8 double precision, doc jsonb NOT NULL,
  span int4range NOT NULL, vc varchar(5), ch char(4), bits bit(3), ints integer[], twice integer GENERATED ALWAYS AS (id * 2) STORED
);
CREATE TABLE w (id integer PRIMARY KEY, g integer, a_id integer, ts timestamptz, local timestamp, v integer, txt text);
CREATE INDEX ON w (ts);
CREATE INDEX ON w (g);
CREATE VIEW plain_w AS SELECT id, g, ts AS at, v FROM w WHERE v <> 5;
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE n (id integer PRIMARY KEY, name text COLLATE folded, g integer);
CREATE VIEW plain_b AS SELECT id, a_id AS owner, g, amount FROM b WHERE g IS DISTINCT FROM 9;
CREATE VIEW plain_ab AS
  SELECT a.id, a.g, pb.amount, pb.id AS b_id FROM a LEFT JOIN plain_b pb ON pb.owner = a.id;
CREATE VIEW grouped_b AS SELECT kind, note, count(*) AS n, sum(amount) AS s FROM b GROUP BY kind, note;
`

export type Kind =
  | 'id'
  | 'ref'
  | 'group'
  | 'text'
  | 'key text'
  | 'count'
  | 'whole'
  | 'numeric'
  | 'money'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'mood'
  | 'array'
  | 'object'
  | 'json'
  | 'interval'
  | 'region'
  | 'moment'
  | 'float'
  | 'number'
  | 'range'
  | 'short text'
  | 'bits'
  | 'ints'
  | 'soon'
  | 'finite soon'

export interface TableFacts {
  /** As SQL names it. */
  readonly name: string
  readonly columns: Readonly<Record<string, Kind>>
  /** Columns of its primary key, for ON CONFLICT. */
  readonly key: readonly string[]
  /** References: column to table. Only values that are there may be written. */
  readonly references?: Readonly<Record<string, string>>
}

export const tables: readonly TableFacts[] = [
  {
    name: 'a',
    columns: { id: 'id', parent: 'ref', g: 'group', h: 'text', n: 'numeric', ts: 'timestamp', v: 'count' },
    key: ['id'],
    references: { parent: 'a' },
  },
  {
    name: 'b',
    columns: {
      id: 'id',
      a_id: 'ref',
      g: 'group',
      u: 'uuid',
      amount: 'money',
      d: 'date',
      kind: 'mood',
      note: 'text',
    },
    key: ['id'],
    references: { a_id: 'a' },
  },
  {
    name: 'c',
    columns: { k1: 'id', k2: 'key text', b_id: 'ref', v: 'whole', ts: 'timestamp', dom: 'group' },
    key: ['k1', 'k2'],
    references: { b_id: 'b' },
  },
  { name: 'd', columns: { x: 'group', y: 'text', z: 'whole' }, key: [] },
  { name: 'dim', columns: { g: 'id', name: 'key text', top: 'group', unused: 'text' }, key: ['g'] },
  {
    name: 'e',
    columns: {
      id: 'id',
      g: 'group',
      arr: 'array',
      obj: 'object',
      iv: 'interval',
      num: 'numeric',
      txt: 'text',
      local: 'timestamp',
      js: 'json',
    },
    key: ['id'],
  },
  { name: 'p', columns: { id: 'id', region: 'region', v: 'whole', ts: 'timestamp' }, key: ['id', 'region'] },
  { name: 'p_south', columns: { id: 'id', region: 'region', v: 'whole', ts: 'timestamp' }, key: ['id', 'region'] },
  { name: 'inh', columns: { id: 'id', g: 'group', v: 'whole' }, key: [] },
  { name: 'inh_child', columns: { id: 'id', g: 'group', v: 'whole', extra: 'text' }, key: [] },
  {
    name: '"We""ird Schema"."select"',
    columns: { '"Group"': 'id', '"a b"': 'key text', [`"${longName}"`]: 'group', '"q""uote"': 'text' },
    key: ['"Group"', '"a b"'],
  },
  { name: 'other.a', columns: { id: 'id', g: 'group', '"order"': 'text' }, key: ['id'] },
  {
    name: 'f',
    columns: {
      id: 'id',
      at: 'moment',
      dm: 'timestamp',
      f4: 'float',
      f8: 'float',
      doc: 'number',
      span: 'range',
      vc: 'short text',
      ch: 'short text',
      bits: 'bits',
      ints: 'ints',
    },
    key: ['id'],
  },
  { name: 'n', columns: { id: 'id', name: 'short text', g: 'group' }, key: ['id'] },
  {
    name: 'w',
    columns: { id: 'id', g: 'group', a_id: 'ref', ts: 'soon', local: 'finite soon', v: 'whole', txt: 'text' },
    key: ['id'],
  },
  { name: 'settings', columns: { id: 'id', n: 'count' }, key: ['id'] },
]
