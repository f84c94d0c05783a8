/** How views are called: by SQL and by TypeScript alike, whoever asks. */
import { beforeAll, expect, test } from 'vitest'
import { displayName } from '../../src/define/names.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const schemas = ['public', 'reports', 'Public', 'a.b', '']
const names = ['mv', 'Mv', 'public.mv', '.', '', 'mv"', "it's", 'ü']

beforeAll(async () => {
  await db.query('CREATE SCHEMA reports; CREATE TABLE t (id int PRIMARY KEY)')
  await apply(db, { mv: 'SELECT id FROM t', 'reports.mv': 'SELECT id FROM t' })
})

test('SQL calls them as TypeScript does', async () => {
  const named = schemas.flatMap((schema) => names.map((name) => ({ schema, name })))
  const shown = await db.rows<{ shown: string }>(
    `SELECT tidemark.shown_name(n.schema, n.name) AS shown FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (schema, name, place) ORDER BY place`,
    [named.map(({ schema }) => schema), named.map(({ name }) => name)],
  )
  expect(shown.map((row) => row.shown)).toEqual(named.map(displayName))
  expect(await db.rows('SELECT view FROM tidemark.freshness')).toEqual([{ view: 'mv' }, { view: 'reports.mv' }])
})

test('whoever may see the schema may ask, and has no say in the answer', async () => {
  const role = `asks_${db.name.replace(/\W/g, '')}`
  const client = await db.pool.connect()
  try {
    await client.query(`BEGIN; CREATE ROLE ${role}; GRANT USAGE ON SCHEMA tidemark TO ${role}; CREATE SCHEMA mine;
      CREATE FUNCTION mine.strpos(text, text) RETURNS int LANGUAGE sql AS 'SELECT 7';
      CREATE FUNCTION mine.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
      CREATE OPERATOR mine.= (LEFTARG = text, RIGHTARG = text, FUNCTION = mine.same);
      GRANT USAGE ON SCHEMA mine TO ${role}; SET LOCAL ROLE ${role}; SET LOCAL search_path = mine, pg_catalog`)
    const asked =
      "SELECT 'a' = 'a'::text AS same, tidemark.shown_name('public', 'mv') AS own, tidemark.shown_name('reports', 'mv') AS other"
    expect((await client.query(asked)).rows).toEqual([{ same: false, own: 'mv', other: 'reports.mv' }])
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})
