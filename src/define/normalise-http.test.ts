import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../protocol/errors.js'
import type { HttpOptions } from './http-options.js'
import { normaliseConfig } from './normalise-config.js'
import { normaliseServing } from './normalise-http.js'
import { withRedisUrl } from './redis-url.js'

const normalised = (http: HttpOptions) => normaliseConfig({ views: [], http }).config.http

function problemsOf(http: unknown): string {
  try {
    normaliseConfig({ views: [], http: http as HttpOptions })
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
  return ''
}

test('a token is kept as its hash alone, and allows reading', () => {
  const token = 'a-token-of-operations'
  const sha256 = createHash('sha256').update(token).digest('hex')
  const { tokens } = normalised({
    access: {
      tokens: [
        { name: 'one', token },
        { name: 'two', sha256: sha256.toUpperCase(), actions: ['refresh'], views: ['mv'] },
      ],
    },
  }).access
  expect(tokens.map(({ hash }) => Buffer.from(hash).toString('hex'))).toEqual([sha256, sha256])
  expect(tokens.map(({ actions, views }) => ({ actions, views }))).toEqual([
    { actions: ['read', 'freshness'], views: null },
    { actions: ['refresh'], views: ['mv'] },
  ])
  expect(JSON.stringify(tokens)).not.toContain(token)
})

test("'*' allows every action", () => {
  const { tokens } = normalised({ access: { tokens: [{ name: 'all', token: 'x'.repeat(16), actions: '*' }] } }).access
  expect(tokens[0]?.actions).toContain('operate')
})

test('nothing is open, and no other origin may call, unless it is said', () => {
  const { access, cors, fresh } = normaliseServing({})
  expect(access).toEqual({ open: [], tokens: [], jwt: null, authorize: null, anonymousRole: null })
  expect(cors).toBeNull()
  expect(fresh).toEqual({ perMinute: 60 })
  expect(normaliseServing({ fresh: false }).fresh).toBeNull()
})

test('names are kept as browsers send them', () => {
  expect(normaliseServing({}).hosts).toBeNull()
  expect(normaliseServing({ hosts: '*' }).hosts).toBe('*')
  const hosts = ['Data.Example.com', '.example.org', 'bücher.example', 'box.', 'my_box']
  expect(normaliseServing({ hosts }).hosts).toEqual([
    'data.example.com',
    '.example.org',
    'xn--bcher-kva.example',
    'box',
    'my_box',
  ])
})

test.each([
  ['/', ''],
  ['/data', '/data'],
  ['/data/', '/data'],
  ['/a/b-c', '/a/b-c'],
])('base path %s', (basePath, expected) => {
  expect(normaliseServing({ basePath }).basePath).toBe(expected)
})

test('what is read is cached in memory, unless it is said otherwise', () => {
  const memory = { maxBytes: 67_108_864 }
  expect(normaliseServing({}).cache).toEqual({ memory, redis: null })
  expect(normaliseServing({ cache: false }).cache).toBeNull()
  const redis = { url: 'redis://box', prefix: 'tidemark:', timeoutMs: 50, maxBytes: 4_194_304 }
  expect(normaliseServing({ cache: { memory: false, redis: 'redis://box' } }).cache).toEqual({ memory: false, redis })
  const given = { redis: { url: 'rediss://:hush@box:1/2', timeout: '1s' }, memory: { maxBytes: 5 } } as const
  expect(normaliseServing({ cache: given }).cache).toEqual({
    memory: { maxBytes: 5 },
    redis: { ...redis, url: given.redis.url, timeoutMs: 1_000 },
  })
})

test('the environment names a Redis where the configuration does not', () => {
  const env = { TIDEMARK_REDIS_URL: ' redis://there ' }
  const cacheOf = (cache?: HttpOptions['cache']) => withRedisUrl(normaliseServing({ cache }).cache, env)
  expect(cacheOf()?.redis).toMatchObject({ url: 'redis://there', timeoutMs: 50 })
  expect(cacheOf({ redis: 'redis://here' })?.redis?.url).toBe('redis://here')
  expect(cacheOf(false)).toBeNull()
  expect(withRedisUrl(normaliseServing({}).cache, { TIDEMARK_REDIS_URL: '' })?.redis).toBeNull()
  expect(() => withRedisUrl(normaliseServing({}).cache, { TIDEMARK_REDIS_URL: 'hush' })).toThrow(
    'TIDEMARK_REDIS_URL: is not a Redis URL',
  )
})

describe('what is wrong is told, and secrets are not', () => {
  test.each([
    ['a short token', { access: { tokens: [{ name: 'a', token: 'short' }] } }, 'tokens[0].token: is shorter than 16'],
    ['a token and its hash', { access: { tokens: [{ name: 'a' }] } }, 'needs either `token` or `sha256`'],
    ['no hash', { access: { tokens: [{ name: 'a', sha256: 'abc' }] } }, 'is not a SHA-256'],
    ['a short secret', { access: { jwt: { secret: 'hush', roles: ['a'] } } }, 'jwt.secret: is shorter than 32 bytes'],
    ['a secret and keys', { access: { jwt: { roles: ['a'] } } }, 'needs either `secret` or `jwksUrl`'],
    ['no roles', { access: { jwt: { secret: 's'.repeat(32) } } }, 'jwt.roles: is required'],
    ['empty roles', { access: { jwt: { secret: 's'.repeat(32), roles: [] } } }, 'jwt.roles: is empty'],
    [
      'a default role that is none of them',
      { access: { jwt: { secret: 's'.repeat(32), roles: ['a'], defaultRole: 'b' } } },
      'jwt.defaultRole: is not one of `roles`',
    ],
    ['an unknown action', { access: { open: ['reed'] } }, 'did you mean "read"?'],
    ['cookies from everywhere', { cors: { origins: '*', credentials: true } }, 'needs the origins by name'],
    ['a page for an origin', { cors: { origins: ['https://a.example/x'] } }, 'is not an origin'],
    ['a port for a name', { hosts: ['box:80'] }, 'hosts[0]: "box:80" is not a name such as'],
    ['an address of a page for a name', { hosts: ['http://box'] }, 'is not a name'],
    ['a star within a name', { hosts: ['*.example.com'] }, "or '.example.com' with all below it"],
    ['a dot for a name', { hosts: ['.'] }, 'is not a name'],
    ['a name with a space', { hosts: ['a b'] }, 'is not a name'],
    ['one name', { hosts: 'box' }, 'hosts: '],
    ['a path with two dots', { basePath: '/a/../b c' }, 'is not a path'],
    ['a Redis that is none', { cache: { redis: 'http://hush@box' } }, 'cache.redis: is not a Redis URL'],
    ['no URL of it', { cache: { redis: { prefix: 'a:' } } }, 'cache.redis.url: is required'],
    ['a cache that is on', { cache: true }, 'true says nothing here'],
    [
      'a limit of statements that PostgreSQL has no number for',
      { limits: { statementTimeout: '25d' } },
      'the most is 24d',
    ],
    ['a wait that no timer can do', { limits: { connectionWait: '30d' } }, 'the most is 24d'],
    ['a misspelt limit', { limits: { maxRow: 3 } }, 'did you mean "maxRows"?'],
  ])('%s', (_, http, message) => {
    const told = problemsOf(http)
    expect(told).toContain(message)
    expect(told).not.toMatch(/hush|short\b(?!er)/)
  })
})
