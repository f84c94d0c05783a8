import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReader, generateTypes, readGeneratedViews } from '../../src/read/index.js'
import { done, project, tidemark } from '../cli/kit.js'
import { apply } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const root = fileURLToPath(new URL('../..', import.meta.url))
let directory = ''

beforeAll(async () => {
  // Within the project, so that what the file imports is found.
  directory = await mkdtemp(join(root, 'node_modules/.generated-'))
  await db.query(`CREATE TYPE mood AS ENUM ('fine', 'it''s "bad"'); CREATE DOMAIN cents AS numeric(10, 2); CREATE SCHEMA "odd schema";
    CREATE TABLE t (id int PRIMARY KEY, g text, n bigint NOT NULL, b boolean, s smallint, f float8, price cents, at timestamptz NOT NULL,
      ts timestamp, d date, tm time, i interval, j jsonb, raw bytea, u uuid, tags text[] NOT NULL, sums numeric[], m mood, ms mood[], p point, r int4range);
    CREATE TABLE o (id int PRIMARY KEY, t_id int NOT NULL, x int NOT NULL);
    INSERT INTO t VALUES (1, 'g', 9007199254740993, true, 1, 1.5, 2.50, now(), now(), '2026-01-01', '10:00', '1 day', '{"a":1}', '\\x00',
      gen_random_uuid(), '{a,NULL}', '{1.5}', 'fine', '{fine}', '(1,2)', '[1,2)');
    INSERT INTO t (id, n, at, tags) VALUES (2, 1, now(), '{}'); INSERT INTO o VALUES (1, 1, 5)`)
  await db.query(`CREATE TABLE rare_things (id int PRIMARY KEY, grid int[], d date, late timestamp, never timestamptz, times timestamptz[],
      far point, points point[], ring circle, nets cidr[], macs macaddr[], sums money[], hours time[], zoned timetz[], oids oid[],
      spans numrange[], host inet, hosts inet[], ratios numeric[], docs jsonb[]);
    INSERT INTO rare_things VALUES (1, '{{1,2},{3,NULL}}', 'infinity', '294276-12-31', '-infinity', '{infinity,NULL,2026-01-01}',
      '(1,Infinity)', '{"(1,2)"}', '<(1,2),3>', '{10.0.0.0/8}', '{08:00:2b:01:02:03}', '{12.5}', '{10:00,NULL}', '{10:00+02}', '{7}',
      '{"[1,2)",NULL}', '10.0.0.1', '{10.0.0.1}', '{NaN,1.5,Infinity}', ARRAY['[[1]]'::jsonb, NULL]);
    INSERT INTO rare_things (id, d, far, ring, nets) VALUES (2, '4714-11-24 BC', '(0,0)', '<(0,0),0>', '{}')`)
  await apply(db, {
    rare: { query: 'SELECT * FROM rare_things', key: ['id'] },
    every: { query: 'SELECT * FROM t', key: ['id'], description: 'All of it */ export const injected = 1 /*' },
    proven: `SELECT t.g, count(*) AS n, coalesce(max(o.x), 0) AS most, max(o.x) AS perhaps, sum(t.n) AS total
      FROM t LEFT JOIN o ON o.t_id = t.id GROUP BY t.g`,
    joined: {
      query: 'SELECT t.id, t.n, o.x, t.g, l.x AS lefted FROM t JOIN o ON o.t_id = t.id LEFT JOIN o l ON l.id = t.id',
      key: ['id', 'x'],
    },
    'odd schema.Weird "view" */': {
      query: `SELECT id AS "__proto__", g AS "a b", n AS "it's ""q""" FROM t`,
      key: ['__proto__'],
      schema: undefined,
    },
  })
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const compilerOptions: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
}
const host = ts.createCompilerHost(compilerOptions)
const parse = host.getSourceFile
const parsed = new Map<string, ts.SourceFile | undefined>()
/** What is not ours to change is read once: libraries and their types are nearly all that there is to read. */
host.getSourceFile = (name, ...how) => {
  if (name.startsWith(directory)) return parse(name, ...how)
  if (!parsed.has(name)) parsed.set(name, parse(name, ...how))
  return parsed.get(name)
}

/** What tsc says of files that stand beside each other. */
async function compile(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  const names = Object.keys(files).map((name) => join(directory, name))
  const program = ts.createProgram(names, compilerOptions, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const everything = { zod: true, json: true, kysely: true, drizzle: true }

describe('generated types', () => {
  it('say that a column can be NULL unless the query shows that it never is', async () => {
    const nullable = async (view: string) =>
      Object.fromEntries(
        (await createReader({ database: db.pool }).describe(view)).columns.map((column) => [
          column.name,
          column.nullable,
        ]),
      )
    expect(await nullable('proven')).toEqual({ g: true, n: false, most: false, perhaps: true, total: true })
    expect(await nullable('joined')).toEqual({ id: false, n: false, x: false, g: true, lefted: true })
  })

  it('compile, with Kysely and Drizzle, and are those of the rows', async () => {
    const text = generateTypes(await readGeneratedViews(db.pool), everything)
    expect(text).toBe(generateTypes([...(await readGeneratedViews(db.pool))].reverse(), everything))
    const use = `
      import { Kysely } from 'kysely'
      import { drizzle } from 'drizzle-orm/node-postgres'
      import type { Database, Every, Proven, Views } from './views.js'
      import { everySchema, everyView, provenView } from './views.js'
      type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
      const checks: [
        Equal<Proven, { g: string | null; n: string; most: number; perhaps: number | null; total: string | null }>,
        Equal<Every['m'], 'fine' | 'it\\'s "bad"' | null>, Equal<Every['tags'], (string | null)[]>, Equal<Every['j'], unknown>,
        Equal<Every['price'], string | null>, Equal<Every['at'], Date>, Equal<keyof Views, 'every' | 'rare' | 'proven' | 'joined' | 'odd schema.Weird "view" */'>,
      ] = [true, true, true, true, true, true, true]
      export const parsed: Every = everySchema.parse({}) as Every
      export const query = (db: Kysely<Database>) => db.selectFrom('proven').select(['g', 'most']).where('n', '>', '1').execute()
      export const rows: (db: Kysely<Database>) => Promise<{ g: string | null; most: number }[]> = query
      export const drizzled = async (): Promise<{ g: string | null; n: bigint }[]> =>
        drizzle('').select({ g: provenView.g, n: provenView.n }).from(provenView)
      export { checks, everyView }
    `
    expect(await compile({ 'views.ts': text, 'use.ts': use })).toEqual([])
    const wrong = "import type { Proven } from './views.js'\nexport const row: Proven = { g: 1, n: 2 } as const"
    expect(await compile({ 'views.ts': text, 'use.ts': wrong })).not.toEqual([])
  })

  it('are those of the rows once they have travelled as JSON', async () => {
    const text = generateTypes(await readGeneratedViews(db.pool), {
      zod: false,
      json: true,
      kysely: false,
      drizzle: false,
    })
    const reader = createReader({ database: db.pool })
    const rowsOf = async (view: string) => (await reader.readJson({ view, query: {} })).body
    const read = {
      every: await rowsOf('every'),
      proven: await rowsOf('proven'),
      joined: await rowsOf('joined'),
    }
    expect(JSON.parse(read.every)).toHaveLength(2)
    const use = [
      "import type { JsonViews } from './views.js'",
      ...Object.entries(read).map(([view, rows]) => `export const ${view}: JsonViews['${view}'][] = ${rows}`),
      `type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
      type Every = JsonViews['every']
      export const checks: [
        Equal<JsonViews['proven'], { g: string | null; n: number; most: number; perhaps: number | null; total: number | null }>,
        Equal<Every['at'], string>, Equal<Every['price'], number | null>, Equal<Every['sums'], (number | null)[] | null>,
        Equal<Every['tags'], (string | null)[]>, Equal<Every['m'], 'fine' | 'it\\'s "bad"' | null>, Equal<Every['r'], string | null>,
      ] = [true, true, true, true, true, true, true]`,
    ]
    expect(await compile({ 'views.ts': text, 'use.ts': use.join('\n') })).toEqual([])
    const wrong = "import type { JsonViews } from './views.js'\nexport const at: JsonViews['every']['at'] = new Date()"
    expect(await compile({ 'views.ts': text, 'use.ts': wrong })).not.toEqual([])
  })

  it('have schemas that take the rows that are read, and no others', async () => {
    const text = generateTypes(await readGeneratedViews(db.pool), { zod: true, kysely: false, drizzle: false })
    await writeFile(join(directory, 'schemas.mts'), text)
    const made = (await import(join(directory, 'schemas.mts'))) as Record<string, { parse(row: unknown): unknown }>
    const reader = createReader({ database: db.pool })
    const schemas = { every: 'everySchema', rare: 'rareSchema', proven: 'provenSchema', joined: 'joinedSchema' }
    for (const [view, schema] of Object.entries(schemas)) {
      const { rows } = await reader.read(view)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) expect(made[schema]?.parse(row)).toEqual(row)
    }
    expect(made).not.toHaveProperty('injected')
    const [row] = (await reader.read('rare')).rows
    expect(() => made.rareSchema?.parse({ ...row, grid: [['1']] })).toThrow()
    expect(() => made.rareSchema?.parse({ ...row, d: 'infinity' })).toThrow()
    expect(() => made.provenSchema?.parse({ g: null, n: null, most: 1, perhaps: null, total: null })).toThrow()
  })

  it('are those of values of rare types, and rows have them as `pg` gives them', async () => {
    const { rows } = await createReader<{ rare: { id: number } }>({ database: db.pool }).read('rare', {
      order: [{ column: 'id' }],
    })
    expect(rows).toEqual(await db.rows('SELECT * FROM rare ORDER BY id'))
    const text = generateTypes(await readGeneratedViews(db.pool), { zod: true, kysely: false, drizzle: false })
    const use = `
      import type { Rare } from './views.js'
      import { rareSchema } from './views.js'
      type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
      type Point = { x: number; y: number }
      export const checks: [
        Equal<Rare['ring'], { x: number; y: number; radius: number } | null>, Equal<Rare['points'], (Point | null)[] | null>,
        Equal<Rare['oids'], (number | null)[] | null>, Equal<Rare['hours'], (string | null)[] | null>, Equal<Rare['host'], string | null>,
      ] = [true, true, true, true, true]
      export const row: Rare = rareSchema.parse({})`
    expect(await compile({ 'views.ts': text, 'use.ts': use })).toEqual([])
  })

  it('are written by the command, and checked', async () => {
    const cwd = await project('')
    const options = { cwd, url: db.url }
    expect((await tidemark(['generate', '--check'], options)).code).toBe(1)
    await done(['generate', '--kysely'], options)
    const file = join(cwd, 'tidemark.views.ts')
    const text = await readFile(file, 'utf8')
    expect(text).toContain('export interface Database')
    expect((await tidemark(['generate', '--kysely', '--check'], options)).code).toBe(0)
    expect((await tidemark(['generate', '--check'], options)).code).toBe(1)
    expect(await readFile(file, 'utf8')).toBe(text)
    await done(['generate', 'proven', '--no-zod'], options)
    expect(await readFile(file, 'utf8')).not.toMatch(/zod|Every/)
  })
})
