import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { useTestDatabase } from '../kit/index.js'
import { deploy } from '../worker/kit.js'
import { operator, reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const served = handlers({ console: false })

beforeAll(async () => {
  await db.query(`create type mood as enum ('sad', 'ok');
    create table t (id int generated always as identity primary key, g int not null, feels mood, "odd name" jsonb);
    insert into t (g, feels) select i % 5, 'ok' from generate_series(1, 50) i`)
  await deploy(db.pool, {
    sums: { query: 'select g, count(*) as n from t group by g', read: { public: true }, description: 'How many' },
    'odd view': { query: 'select id, feels, "odd name" from t' },
    ViewList: { query: 'select id from t' },
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [keyword: string]: unknown
}
interface Described {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string }[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const read = async (token?: string): Promise<Document> =>
  (await (await served.get('/openapi.json', token)).json()) as Document

const operationsOf = ({ paths }: Document): string[] =>
  Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))

/** The same with each reference replaced by what it is to. */
function resolved(value: unknown, document: Document): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, document))
  if (typeof value !== 'object' || value === null) return value
  const { $ref } = value as { $ref?: string }
  if ($ref !== undefined) return resolved(document.components.schemas[$ref.split('/').at(-1) ?? ''], document)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, document)]))
}

/** The same, with no fields but those that are described. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const own = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, strict(one)]))
  return value && 'properties' in value && 'required' in value ? { ...own, additionalProperties: false } : own
}

describe('openapi.json', () => {
  test('is valid, whoever asks', async () => {
    for (const token of [undefined, reader, operator]) {
      const document = await read(token)
      expect(document.openapi).toBe('3.1.0')
      const { valid, errors } = await new Validator().validate(document as never)
      expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
    }
    // It finds what is wrong.
    const wrong = { ...(await read()), paths: { '/x': { get: { responses: { 200: {} } } } } }
    expect((await new Validator().validate(wrong as never)).valid).toBe(false)
  })

  test('describes every route of the application, and no other', async () => {
    const routes = served.handler.app.routes
      .filter(({ method, path }) => method !== 'ALL' && method !== 'OPTIONS' && !path.endsWith('*'))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const described = operationsOf(await read(operator)).map((one) => one.replace(/\/rest\/v1\/.*/, '/rest/v1/{view}'))
    expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort())
    expect(routes.length).toBeGreaterThan(15)
  })

  test('names each operation once, and each parameter of it', async () => {
    const all = Object.values((await read(operator)).paths).flatMap((methods) => Object.values(methods))
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
    for (const { parameters = [] } of all) {
      const names = parameters.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
    }
  })

  test('has references that lead somewhere', async () => {
    const document = await read(operator)
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(20)
    for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name)
  })

  test('has each view that may be read, with its columns and their types', async () => {
    const document = await read(operator)
    const views = Object.keys(document.paths).filter((path) => path.startsWith('/rest/v1/'))
    expect(views.sort()).toEqual(['/rest/v1/ViewList', '/rest/v1/odd%20view', '/rest/v1/sums'])
    const { 'odd.20.view': odd, ViewList: own, 'api.ViewList': ours } = document.components.schemas
    expect(odd?.properties?.feels).toEqual({ type: ['string', 'null'], enum: ['sad', 'ok', null] })
    expect(odd?.properties?.['odd name']).toEqual({})
    expect(odd?.properties?.id).toMatchObject({ type: 'integer' })
    expect([own, ours].map((schema) => Object.keys(schema?.properties ?? {}))).toEqual([['id'], ['views']])
    const names = document.paths['/rest/v1/sums']?.get?.parameters?.map(({ name }) => name)
    expect(names).toEqual(['g', 'n', 'select', 'order', 'limit', 'offset'])
  })

  test('has nothing that its reader may not do', async () => {
    const open = ['get /healthz', 'get /openapi.json', 'get /readyz']
    const seen = ['get /api/events', 'get /api/views', 'get /api/views/{view}/freshness', 'get /rest/v1/sums', ...open]
    expect(operationsOf(await read()).sort()).toEqual(seen.sort())
    expect(operationsOf(await read(reader)).sort()).toEqual(
      [...seen, 'get /rest/v1/ViewList', 'get /rest/v1/odd%20view'].sort(),
    )
    expect(JSON.stringify(await read())).not.toContain('odd')
    const refreshing = handlers({
      access: { tokens: [{ name: 'one', token: reader, actions: ['refresh'], views: ['odd view'] }] },
    })
    const document = (await (await refreshing.get('/openapi.json', reader)).json()) as Document
    expect(operationsOf(document).sort()).toEqual([...open, 'post /api/views/{view}/refresh'].sort())
  })

  const answers: readonly (readonly [method: 'get' | 'post', template: string, path: string, body?: object])[] = [
    ['get', '/rest/v1/sums', '/rest/v1/sums'],
    ['get', '/rest/v1/odd%20view', '/rest/v1/odd%20view?limit=3'],
    ['get', '/api/views', '/api/views'],
    ['get', '/api/views/{view}', '/api/views/sums'],
    ['get', '/api/views/{view}/freshness', '/api/views/odd%20view/freshness'],
    ['post', '/api/views/{view}/refresh', '/api/views/sums/refresh', { full: true }],
    ['get', '/api/views/{view}/runs', '/api/views/sums/runs'],
    ['post', '/api/views/{view}/pause', '/api/views/sums/pause'],
    ['post', '/api/views/{view}/resume', '/api/views/sums/resume'],
    ['post', '/api/views/{view}/bypass', '/api/views/sums/bypass', { on: false }],
    ['post', '/api/views/{view}/verify', '/api/views/sums/verify'],
    ['get', '/api/runs', '/api/runs?limit=5'],
    ['get', '/api/alerts', '/api/alerts'],
    ['get', '/api/lineage', '/api/lineage'],
    ['get', '/api/stats', '/api/stats'],
  ]

  for (const [method, template, path, body] of answers)
    test(`describes what is sent: ${method} ${template}`, async () => {
      const document = await read(operator)
      const described = document.paths[template]?.[method]?.responses[200]?.content?.['application/json']?.schema
      const schema = z.fromJSONSchema(strict(resolved(described, document)) as never)
      const answer = method === 'get' ? await served.get(path, operator) : await served.post(path, operator, body)
      const sent: unknown = await answer.json()
      expect({ status: answer.status, wrong: schema.safeParse(sent).error?.issues }).toEqual({ status: 200 })
      // It tells what is something else.
      expect(
        schema.safeParse(Array.isArray(sent) ? [{ ...sent[0], more: 1 }] : { ...(sent as object), more: 1 }).success,
      ).toBe(false)
    })

  test('describes errors as they are sent', async () => {
    const document = await read(operator)
    const schemaOf = (template: string, type: string) =>
      z.fromJSONSchema(
        strict(resolved(document.paths[template]?.get?.responses.default?.content?.[type]?.schema, document)) as never,
      )
    const problem: unknown = await (await served.get('/api/views/nothing', operator)).json()
    expect(schemaOf('/api/views/{view}', 'application/problem+json').parse(problem)).toMatchObject({ status: 404 })
    const error: unknown = await (await served.get('/rest/v1/sums?nothing=eq.1', operator)).json()
    expect(schemaOf('/rest/v1/sums', 'application/json').parse(error)).toMatchObject({ code: '42703' })
  })
})
