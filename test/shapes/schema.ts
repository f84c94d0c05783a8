/**
 * Five small tables, and what happens to them. Few rows, so that the result of any query over them can be worked out by
 * hand, with what makes that hard to keep: NULLs in every column that may be grouped or joined by, references that lead
 * nowhere, a table without a key, one with a key of two columns, rows that are there twice.
 */
export const schemaSql = `
CREATE TABLE shops (id integer PRIMARY KEY, name text NOT NULL, region text, days integer[]);
CREATE TABLE sales (
  id integer PRIMARY KEY, shop integer, product text, quantity integer, price numeric, paid boolean, at timestamptz
);
CREATE INDEX ON sales (shop);
CREATE INDEX ON sales (product);
CREATE TABLE returns (sale integer, reason text);
CREATE INDEX ON returns (sale);
CREATE TABLE offers (shop integer, product text, discount integer, PRIMARY KEY (shop, product));
CREATE TABLE closed (shop integer);
`

/** Makes the tables what they are at the start, whatever they were. */
export const startSql = `
DELETE FROM shops; DELETE FROM sales; DELETE FROM returns; DELETE FROM offers; DELETE FROM closed;
INSERT INTO shops VALUES (1, 'Ada', 'north', '{1,2}'), (2, 'Bo', 'south', '{1}'), (4, 'Di', 'east', '{3}');
INSERT INTO sales VALUES
  (1, 1, 'tea', 2, 3, true, '2024-01-01 10:00+00'),
  (2, 1, 'tea', 3, 5, false, '2024-01-01 15:00+00'),
  (3, 2, 'jam', 6, 7, false, '2024-01-02 10:00+00'),
  (4, 2, 'tea', 3, 4, true, '2024-01-02 12:00+00'),
  (6, 2, 'jam', 8, 9, false, '2024-01-01 09:00+00'),
  (7, 1, NULL, 4, 2, true, '2024-02-01 10:00+00'),
  (8, 2, 'tea', 9, 8, true, '2024-01-01 08:00+00'),
  (10, 4, 'jam', 1, 6, NULL, '2024-02-03 10:00+00');
INSERT INTO returns VALUES (1, 'broken'), (2, 'late'), (3, 'broken'), (NULL, NULL);
INSERT INTO offers VALUES (1, 'tea', 10), (2, 'tea', 15);
INSERT INTO closed VALUES (2), (NULL);
`

/** After each of these, every view is refreshed. */
export const steps: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'rows come',
    sql: `
      INSERT INTO shops VALUES (3, 'Cy', NULL, '{2}');
      INSERT INTO sales VALUES (5, 2, NULL, 5, NULL, NULL, NULL);
      INSERT INTO returns VALUES (1, 'broken'), (6, 'late');
      INSERT INTO offers VALUES (3, 'tea', NULL);
      INSERT INTO closed VALUES (3);`,
  },
  {
    name: 'values change',
    sql: `
      UPDATE shops SET region = 'south' WHERE id = 3;
      UPDATE sales SET quantity = 4, paid = true WHERE id = 2;
      UPDATE returns SET reason = NULL WHERE sale = 3;
      UPDATE offers SET discount = 20 WHERE shop = 2;`,
  },
  {
    name: 'rows go',
    sql: `
      DELETE FROM shops WHERE id = 4;
      DELETE FROM sales WHERE id = 8;
      DELETE FROM returns WHERE sale = 2;
      DELETE FROM closed WHERE shop = 2;`,
  },
  {
    name: 'keys change',
    sql: `
      UPDATE sales SET shop = 1 WHERE id = 3;
      UPDATE sales SET id = 9 WHERE id = 10;
      UPDATE offers SET product = 'jam' WHERE shop = 2;`,
  },
  {
    name: 'NULLs come and go',
    sql: `
      UPDATE shops SET region = NULL, days = NULL WHERE id = 2;
      UPDATE sales SET quantity = NULL, at = '2024-02-01 09:00+00' WHERE id = 6;
      UPDATE sales SET shop = NULL, product = 'tea' WHERE id = 7;
      UPDATE returns SET reason = 'lost' WHERE sale IS NULL;
      DELETE FROM closed WHERE shop IS NULL;`,
  },
]

/**
 * What the tables hold in the end, from which the rows that the catalogue expects were worked out by hand. `∅` is NULL.
 */
export const end: Readonly<Record<string, string>> = {
  shops: `
    1 | Ada | north | {1,2}
    2 | Bo | ∅ | ∅
    3 | Cy | south | {2}`,
  sales: `
    1 | 1 | tea | 2 | 3 | t | 2024-01-01 10:00:00+00
    2 | 1 | tea | 4 | 5 | t | 2024-01-01 15:00:00+00
    3 | 1 | jam | 6 | 7 | f | 2024-01-02 10:00:00+00
    4 | 2 | tea | 3 | 4 | t | 2024-01-02 12:00:00+00
    5 | 2 | ∅ | 5 | ∅ | ∅ | ∅
    6 | 2 | jam | ∅ | 9 | f | 2024-02-01 09:00:00+00
    7 | ∅ | tea | 4 | 2 | t | 2024-02-01 10:00:00+00
    9 | 4 | jam | 1 | 6 | ∅ | 2024-02-03 10:00:00+00`,
  returns: `
    1 | broken
    1 | broken
    3 | ∅
    6 | late
    ∅ | lost`,
  offers: `
    1 | tea | 10
    2 | jam | 20
    3 | tea | ∅`,
  closed: `
    3`,
}
