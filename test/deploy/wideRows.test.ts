/** Rows that no index can hold whole: of many columns, or of long texts. */
import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { apply, expectFresh } from './support.js'

const db = await useTestDatabase()

test('a table of more columns than an index can have', async () => {
  const columns = Array.from({ length: 40 }, (_, index) => `c${index}`)
  await db.query(`CREATE TABLE wide (id int PRIMARY KEY, ${columns.map((name) => `${name} int`).join(', ')})`)
  await db.query('INSERT INTO wide (id, c39) VALUES (1, 1), (2, 2)')
  await apply(db, { wide_rows: { query: 'SELECT * FROM wide' } })
  await db.query(
    'INSERT INTO wide (id, c0) VALUES (3, 3); UPDATE wide SET c39 = 5 WHERE id = 1; DELETE FROM wide WHERE id = 2',
  )
  expect(await expectFresh(db, 'wide_rows')).toBe('incremental')
})

/** Incompressible, and longer than a page. */
const longText = `(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i)`

test('a long text that comes after the view was made, beside its key', async () => {
  await db.query('CREATE TABLE notes (id int PRIMARY KEY, body text, tag text)')
  await db.query(`INSERT INTO notes SELECT i, 'short', 'x' FROM generate_series(1, 10) i`)
  await apply(db, { all_notes: { query: 'SELECT id, body, tag FROM notes' } })
  await db.query(`INSERT INTO notes VALUES (11, ${longText}, 'y')`)
  expect(await expectFresh(db, 'all_notes')).toBe('incremental')
  await db.query(`UPDATE notes SET body = body || 'z' WHERE id = 11; UPDATE notes SET tag = NULL WHERE id = 1`)
  expect(await expectFresh(db, 'all_notes')).toBe('incremental')
})

test('a long text of a table that is joined, beside a number of its', async () => {
  await db.query(`CREATE TABLE author (id int PRIMARY KEY, about text);
    CREATE TABLE book (id int PRIMARY KEY, author_id int NOT NULL REFERENCES author);
    INSERT INTO author SELECT i, 'short' FROM generate_series(1, 5) i;
    INSERT INTO book SELECT i, 1 + i % 5 FROM generate_series(1, 20) i`)
  await apply(db, {
    books: { query: 'SELECT b.id, a.id AS author_id, a.about FROM book b JOIN author a ON a.id = b.author_id' },
  })
  await db.query(`UPDATE author SET about = ${longText} WHERE id = 2`)
  expect(await expectFresh(db, 'books')).toBe('incremental')
})
