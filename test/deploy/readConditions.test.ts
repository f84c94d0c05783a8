import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/define/load-config.js'
import { planDeployment } from '../../src/deploy/index.js'
import type { TidemarkError } from '../../src/protocol/errors.js'
import { createReader } from '../../src/read/index.js'
import { useTestDatabase } from '../kit/index.js'
import { apply, configured, plan } from './support.js'

const db = await useTestDatabase()
const query = 'SELECT g, count(*) AS samples FROM measured GROUP BY g'

beforeAll(async () => {
  await db.query(`CREATE TABLE measured (id int PRIMARY KEY, g int NOT NULL, name text);
    INSERT INTO measured SELECT i, i % 4, 'n' || i FROM generate_series(1, 10) i;
    CREATE FUNCTION counted(int) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT $1 > 0';
    CREATE FUNCTION enough(bigint) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 > 2';
    CREATE FUNCTION moving(int, text) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT true';
    CREATE OPERATOR #@# (LEFTARG = int, RIGHTARG = text, FUNCTION = moving)`)
})

async function refusal(read: { guard?: string; filter?: string }): Promise<TidemarkError> {
  return plan(db, { groups: { query, read } }).then(
    () => expect.fail(`accepted: ${JSON.stringify(read)}`),
    (error: TidemarkError) => error,
  )
}

describe('a condition under which a view is read is refused before it is deployed', () => {
  const refused: readonly (readonly [what: string, condition: string, message: string])[] = [
    ['closes a parenthesis it did not open', 'true) OR (true', 'groups (read.guard:1:5): read.guard: syntax error'],
    ['opens one it does not close', '(samples > 1', 'read.guard: syntax error'],
    ['begins a comment it does not end', 'samples > 1 /*', 'read.guard: unterminated'],
    ['hides the rest of the statement', "samples > 1) AS x, pg_sleep(1) --'", 'read.guard: syntax error'],
    ['is nothing but a comment', '-- samples > 1', 'read.guard: syntax error'],
    ['sorts as well', 'true ORDER BY g', 'more than one condition'],
    ['limits as well', 'true LIMIT 1', 'more than one condition'],
    ['groups as well', 'true GROUP BY g', 'more than one condition'],
    ['locks rows', 'true FOR UPDATE', 'more than one condition'],
    ['unites', 'true UNION SELECT', 'more than one condition'],
    ['lists several', 'true, true', 'read.guard: syntax error'],
    ['takes a value of the read for its own', 'g = $1', 'a parameter'],
    ['reads a table', 'EXISTS (SELECT FROM measured)', 'a subquery'],
    ['reads another row', 'g = (SELECT max(g) FROM groups)', 'a subquery'],
    [
      'names no column',
      'samples >= 5 AND smples < 9',
      'groups (read.guard:1:18): read.guard: column "smples" does not',
    ],
    ['names a column of the table', 'groups.id > 1', 'column groups.id does not exist'],
    ['names another relation', 'measured.id > 1', 'missing FROM-clause entry for table "measured"'],
    ['is of another type', 'samples + 1', 'argument of WHERE must be type boolean, not type bigint'],
    ['compares what has no order', "samples > 'many'", 'invalid input syntax for type bigint: "many"'],
    ['aggregates', 'count(*) > 1', 'aggregate functions are not allowed in WHERE'],
    ['looks at other rows', 'row_number() OVER () < 3', 'window functions are not allowed in WHERE'],
    ['makes rows', 'generate_series(1, 3) = 1', 'set-returning functions are not allowed in WHERE'],
    ['calls what is not there', 'nothing(g)', 'function nothing(integer) does not exist'],
    ['calls what may do anything', 'counted(g)', 'public.counted(), which is volatile'],
    ['does so behind an operator', "g #@# 'x'", 'public.moving(), which is volatile'],
    ['rolls dice', 'random() < 0.5', 'random(), which is volatile'],
    ['moves a sequence', "nextval('s') > 0", 'relation "s" does not exist'],
    ['sets something', "set_config('role', 'postgres', false) <> ''", 'set_config(), which is volatile'],
  ]

  test.each(refused)('%s: %s', async (_, guard, message) => {
    const error = await refusal({ guard })
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', view: 'groups', hint: expect.stringMatching(/./) })
    expect(error.message).toContain(message)
    expect((await refusal({ filter: guard })).message).toContain(message.replaceAll('read.guard', 'read.filter'))
  })

  test.each(['1; DROP TABLE measured', "true; SELECT 'x'"])('ends the statement: %s', (guard) => {
    expect(() => configured({ groups: { query, read: { guard } } })).toThrow('is a condition, which no semicolon ends')
  })

  test('both, where both are wrong, and what is wrong with other views', async () => {
    const error = await plan(db, {
      groups: { query, read: { guard: 'nothing > 1', filter: 'no_more' } },
      other: 'SELECT nothing FROM measured',
    }).catch((caught: TidemarkError) => caught)
    expect((error as TidemarkError).problems?.map(({ view, code }) => [view, code])).toEqual([
      ['groups', 'CONFIG_INVALID'],
      ['groups', 'CONFIG_INVALID'],
      ['other', 'QUERY_INVALID'],
    ])
  })

  test('with its place in the configuration file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-conditions-'))
    try {
      const file = join(directory, 'tidemark.config.mjs')
      const text = `export default { views: [{ name: 'groups', query: ${JSON.stringify(query)},
  read: { guard: \`samples > 1
    AND smples < 9\` } }] }
`
      await writeFile(file, text)
      const { views } = await loadConfig(file)
      await expect(planDeployment(db.pool, views)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`(${file}:3:9): read.guard: column "smples" does not exist`),
        position: { file, line: 3, column: 9 },
      })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('and by apply, which then changes nothing', async () => {
    await expect(apply(db, { groups: { query, read: { guard: 'smples > 1' } } })).rejects.toThrow('smples')
    expect(await db.rows("SELECT to_regclass('groups') AS found")).toEqual([{ found: null }])
  })

  test('and by a reader that computes it before it is deployed', async () => {
    const views = configured({ groups: { query, read: { guard: 'samples > 5) OR (true' } } })
    const reader = createReader({ database: db.pool, views })
    await expect(reader.read('groups')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('what holds for a row alone is accepted, and holds', () => {
  const accepted: readonly (readonly [condition: string, groups: readonly number[]])[] = [
    ['samples >= 3', [1, 2]],
    ['samples >= 3 -- enough', [1, 2]],
    ['samples >= 3 /* enough */', [1, 2]],
    ['samples >= 3 OR g = 0', [0, 1, 2]],
    ['enough(samples)', [1, 2]],
    ['groups.g IN (1, 3) AND "groups" IS NOT NULL', [1, 3]],
    ['samples = ANY (ARRAY[3, 4]) AND now() > $$2020-01-01$$', [1, 2]],
    ['g BETWEEN 1 AND 2 AND NOT (samples IS NULL)', [1, 2]],
  ]

  test.each(accepted)('%s', async (guard, groups) => {
    await apply(db, { groups: { query, read: { guard } } })
    const { rows } = await createReader({ database: db.pool }).read('groups', { select: ['g'], order: ['g'] } as never)
    expect(rows).toEqual(groups.map((g) => ({ g })))
    // Whatever is asked for stays beside it.
    const asked = await createReader({ database: db.pool }).readJson({
      view: 'groups',
      query: { where: { kind: 'compare', column: { column: 'g', steps: [] }, operator: 'gte', values: ['100'] } },
    })
    expect(asked.body).toBe('[]')
  })
})
