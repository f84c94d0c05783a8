import type { Client } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../../src/compiler/parse/parse.js'
import { type Split, splitQuery } from '../../src/compiler/split/split.js'
import { FactsGatherer } from '../../src/engine/facts/gather.js'
import { useTestDatabase } from '../kit/index.js'
import { comparedColumns } from './checks.js'
import { identifier } from './library.js'
import { Random } from './random.js'
import { schemaSql, tables } from './schema.js'
import { fill, tolerant } from './sequential.js'
import { shapes } from './shapes/index.js'
import { pieces } from './shapes/pieces.js'
import { insert } from './statements.js'

const seed = Number(process.env.TIDEMARK_TEST_SEED ?? 1)
const fillings = Number(process.env.TIDEMARK_TEST_FILLINGS ?? 25)

/** Those of the new shapes that stay whole: as they are, they can be cut into slices, and so could a piece at best. */
const whole: readonly string[] = ['n_united']

const db = await useTestDatabase()
const comparisons = new Map<string, string>()
let client: Client

beforeAll(async () => {
  await loadParser()
  // Views over maintained views read these as ordinary ones here.
  await db.query(`${schemaSql}; CREATE SCHEMA oracle; CREATE SCHEMA tidemark_data;
    ALTER DATABASE ${identifier(db.name)} SET search_path = public, oracle`)
  client = await db.connect()
  for (const shape of shapes) {
    const name = identifier(shape.name)
    await client.query(`CREATE VIEW oracle.${name} AS ${shape.query}`)
    const split = await splitOf(shape.query, shape.name)
    if (split === undefined) continue
    const columns = await comparedColumns(db.pool, shape.name)
    await createPieces(split, shape.name)
    const [mine, kept] = [`SELECT ${columns} FROM oracle.${name}`, `SELECT ${columns} FROM tidemark_data.${name}`]
    comparisons.set(
      shape.name,
      `SELECT ((SELECT count(*) FROM (${mine} EXCEPT ALL ${kept}) q) + (SELECT count(*) FROM (${kept} EXCEPT ALL ${mine}) q))::integer AS differences`,
    )
  }
}, 120_000)

async function splitOf(query: string, name: string): Promise<Split | undefined> {
  await client.query('BEGIN')
  try {
    const facts = await new FactsGatherer(client, (_, table) => table).gather(query, 'UTC')
    return splitQuery(facts, (number) => `${name}/${number}`)
  } finally {
    await client.query('ROLLBACK')
  }
}

/** Everything is named in full, but for PostgreSQL's own. */
async function createPieces({ nodes, query }: Split, name: string): Promise<void> {
  await client.query("SET search_path = ''")
  for (const node of nodes) await client.query(`CREATE VIEW tidemark_data.${identifier(node.name)} AS ${node.query}`)
  await client.query(`CREATE VIEW tidemark_data.${identifier(name)} AS ${query}`)
  await client.query('RESET search_path')
}

/** More rows of the tables that most shapes read, so that groups are larger than one row. */
async function addMore(random: Random): Promise<void> {
  const read = tables.filter(({ name }) => ['a', 'b', 'c', 'd', 'dim', 'p'].includes(name))
  for (let left = random.int(0, 12); left > 0; left--)
    await client.query(tolerant(insert(random, random.pick(read), 8)))
}

test('the shapes that are meant to be split are', () => {
  const expected = pieces.map(({ name }) => name).filter((name) => !whole.includes(name))
  expect(expected.filter((name) => !comparisons.has(name))).toEqual([])
  expect(whole.filter((name) => comparisons.has(name))).toEqual([])
})

test('the pieces have the columns of the whole', async () => {
  const columns = async (schema: string, name: string) =>
    await db.rows(
      `SELECT attname, format_type(atttypid, atttypmod) AS type, attcollation FROM pg_attribute
       WHERE attrelid = ($1 || '.' || quote_ident($2))::regclass AND attnum > 0 ORDER BY attnum`,
      [schema, name],
    )
  for (const name of comparisons.keys()) {
    expect(await columns('tidemark_data', name), name).toEqual(await columns('oracle', name))
  }
})

test('the keys tell the rows of each piece apart', async () => {
  const differing: string[] = []
  await fill(client, seed)
  for (const shape of shapes) {
    const split = comparisons.has(shape.name) ? await splitOf(shape.query, shape.name) : undefined
    for (const { name, key } of split?.nodes ?? []) {
      const [group, wrong] =
        key.length === 0 ? ['', 'count(*) <> 1'] : [`GROUP BY ${key.map(identifier).join(', ')}`, 'count(*) > 1']
      const [row] = await db.rows<{ wrong: boolean }>(
        `SELECT EXISTS (SELECT FROM tidemark_data.${identifier(name)} ${group} HAVING ${wrong}) AS wrong`,
      )
      if (row?.wrong !== false) differing.push(name)
    }
  }
  expect(differing).toEqual([])
}, 120_000)

test('for random rows, and for none, the pieces give what the whole does', async () => {
  const differing = new Set<string>()
  const compare = async (round: string): Promise<void> => {
    for (const [name, comparison] of comparisons) {
      const { rows } = await client.query<{ differences: number }>(comparison)
      if (rows[0]?.differences !== 0) differing.add(`${name}, ${round}`)
    }
  }
  await compare('empty tables')
  for (let round = 0; round < fillings; round++) {
    await fill(client, seed * 1000 + round)
    await addMore(new Random(round))
    await compare(`seed ${seed * 1000 + round}`)
  }
  expect([...differing]).toEqual([])
}, 300_000)
