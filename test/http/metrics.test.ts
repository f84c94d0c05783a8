import { beforeAll, describe, expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { expectProblem, operator, reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const served = handlers({ listen: db.url })

beforeAll(async () => {
  await db.query(`create type mood as enum ('sad', 'ok');
    create table t (id int generated always as identity primary key, g int not null, feels mood, "odd name" jsonb);
    insert into t (g, feels) select i % 5, 'ok' from generate_series(1, 50) i`)
  await deploy(db.pool, {
    sums: { query: 'select g, count(*) as n from t group by g', read: { public: true }, description: 'How many' },
    'odd view': { query: 'select id, feels, "odd name" from t' },
  })
})

describe('metrics', () => {
  const read = async (): Promise<string> => (await served.get('/metrics', operator)).text()

  test('count what happens, and tell how views are', async () => {
    await db.query('insert into t (g) values (1)')
    expect(await read()).toMatch(/^tidemark_view_pending_changes\{view="sums"\} 1$/m)
    const counted = /^tidemark_refreshes_total\{view="sums",mode="(incremental|full)"\} \d+$/m
    // What happened before the server could follow events is not counted: it began before the catalog was there.
    const refreshed = async () => {
      await db.query('insert into t (g) values (1)')
      await refreshView(db.pool, 'sums')
      return counted.test(await read())
    }
    await until(refreshed, 'a refresh is counted')
    const text = await read()
    expect(text).toMatch(/^tidemark_view_staleness_seconds\{view="sums"\} 0$/m)
    expect(text).toMatch(/^tidemark_view_rows\{view="odd view"\} 50$/m)
    expect(text).toMatch(/^tidemark_view_state\{view="sums",state="ready"\} 1$/m)
    expect(text).toMatch(/^tidemark_refresh_duration_seconds_count\{view="sums"\} \d+$/m)
    expect(text).toMatch(/^tidemark_http_requests_total\{status="200"\} \d+$/m)
    expect(text).toMatch(/^tidemark_event_clients 0$/m)
  })

  test('are for those who may see them', async () => {
    await expectProblem(await served.get('/metrics'), 401, 'UNAUTHENTICATED')
    await expectProblem(await served.get('/metrics', reader), 403, 'FORBIDDEN')
  })

  test('do not count names that somebody makes up', async () => {
    for (const name of ['made-up-1', 'made-up-2']) await served.get(`/rest/v1/${name}`, operator)
    expect(await read()).not.toContain('made-up')
  })
})

describe('openapi.json', () => {
  interface Schema {
    readonly properties: Readonly<Record<string, { readonly type?: unknown; readonly enum?: unknown }>>
  }
  interface Document {
    readonly openapi: string
    readonly paths: Readonly<Record<string, { readonly get: { readonly parameters: { name: string }[] } }>>
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  }
  const read = async (token?: string) => (await (await served.get('/openapi.json', token)).json()) as Document

  test('has each view that may be read, with its columns and their types', async () => {
    const document = await read(operator)
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths).sort()).toEqual(['/rest/v1/odd%20view', '/rest/v1/sums'])
    const odd = document.components.schemas['odd.20.view']
    expect(odd?.properties.feels).toEqual({ type: ['string', 'null'], enum: ['sad', 'ok', null] })
    expect(odd?.properties['odd name']).toEqual({})
    expect(odd?.properties.id?.type).toBe('integer')
    const names = document.paths['/rest/v1/sums']?.get.parameters.map(({ name }) => name)
    expect(names).toEqual(['g', 'n', 'select', 'order', 'limit', 'offset'])
  })

  test('has what OpenAPI asks for: names, references that lead somewhere, parameters once', async () => {
    const document = await read(operator)
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(3)
    for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name)
    for (const { get } of Object.values(document.paths)) {
      const names = get.parameters.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      expect(get).toMatchObject({ responses: { 200: { description: expect.any(String) } } })
    }
  })

  test('names no view to those who may not read it', async () => {
    expect(Object.keys((await read()).paths)).toEqual(['/rest/v1/sums'])
  })
})
