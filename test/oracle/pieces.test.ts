import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { compileView } from '../../src/compiler/compile.js'
import { keepQuery } from '../../src/compiler/keep/keep.js'
import type { Kept } from '../../src/compiler/keep/kept.js'
import { loadParser } from '../../src/compiler/parse/parse.js'
import { type Split, splitQuery } from '../../src/compiler/split/split.js'
import { readingQuery } from '../../src/deploy/reading.js'
import { FactsGatherer } from '../../src/engine/facts/gather.js'
import type { MaintainedView } from '../../src/engine/facts/standIns.js'
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
})

async function splitOf(query: string, name: string): Promise<Split | undefined> {
  await client.query('BEGIN')
  try {
    const facts = await new FactsGatherer(client, (_, table) => table).gather(query, 'UTC')
    return splitQuery(facts, (query) => `${name}/${createHash('sha256').update(query).digest('hex').slice(0, 10)}`)
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
})

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

/** One piece as it would be kept, and the tables whose changes make all of it be computed again. */
async function maintained(gatherer: FactsGatherer, name: string, query: string, key: readonly string[] | undefined) {
  const own = await gatherer.gather(query, 'UTC')
  const compile = async (kept: Kept | undefined) => {
    const facts = kept === undefined ? own : await gatherer.gather(kept.query, 'UTC')
    return { kept, facts, plan: compileView({ facts, key, timeZone: 'UTC', storage: name, kept }).plan }
  }
  // Only the last piece has readers, to whom something can be left.
  const reading = key === undefined
  const first = await compile(keepQuery(own, { delta: true, reading }))
  const inexact = first.kept?.delta === true && first.plan.delta === undefined
  return { own, ...(inexact ? await compile(keepQuery(own, { delta: false, reading })) : first) }
}

function asSource(name: string, { own, kept, facts, plan }: Awaited<ReturnType<typeof maintained>>): MaintainedView {
  const finished = kept?.shown !== undefined || kept?.reading !== undefined
  const shown = own.output.map((column) => column.name)
  const columns = facts.output
    .filter((column) => finished || shown.includes(column.name))
    .map((column) => ({
      ...column,
      notNull: plan.keyNullable[plan.key.indexOf(column.name)] === false,
      virtual: false,
    }))
  const reading = finished ? { columns: shown, definition: readingQuery(shown, `${name}/kept`, kept).text } : undefined
  const place = { native: false, schema: 'tidemark_data', name, storage: `${name}/kept`, log: name }
  return { ...place, columns, key: plan.key, indexes: [plan.key], reading, rows: 10_000, bytes: 1_000_000 }
}

/** Tables of which nothing tells which rows of a piece they concern. (Of one row that all are compared with, nothing can.) */
const recomputed: Readonly<Record<string, readonly string[]>> = {
  'n_not_in_nullable/0': ['d: nullable_comparison'],
  // A join along a collation by which different texts are equal, in two directions.
  'j_folded_block/0': ['n: key_not_derivable'],
}

test('every piece is maintained by deltas or by slices', async () => {
  const found: Record<string, string[]> = {}
  for (const shape of shapes) {
    const split = comparisons.has(shape.name) ? await splitOf(shape.query, shape.name) : undefined
    if (split === undefined) continue
    await client.query('BEGIN')
    const gatherer = new FactsGatherer(client, (_, table) => table)
    const last = { name: shape.name, query: split.query, key: shape.key }
    for (const [place, { name, query, key }] of [...split.nodes, last].entries()) {
      const piece = await maintained(gatherer, name, query, key)
      gatherer.add(asSource(name, piece))
      // What other pieces read is what is kept.
      if (name !== shape.name) expect(piece.kept?.shown ?? piece.kept?.reading, name).toBeUndefined()
      // What reads pieces alone is cheap to compute again.
      if (piece.plan.sources.every(({ relation }) => relation.schema === 'tidemark_data')) continue
      const full = piece.plan.sources.filter(
        ({ maintenance, relation }) => maintenance === 'full' && relation.keys.every((columns) => columns.length > 0),
      )
      const told = name === shape.name ? name : `${name.split('/')[0]}/${place}`
      if (full.length > 0) found[told] = full.map(({ relation, why }) => `${relation.name}: ${why?.code}`)
    }
    await client.query('ROLLBACK')
  }
  expect(found).toEqual(recomputed)
})
