/** What Node's listener writes by itself, of what is remembered, is what the handler answers with a Request and a Response. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import * as http2 from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { nodeListener } from '../../src/http/node.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { reader, useHandlers } from './kit.js'

const db = await useTestDatabase()
const { handler } = useHandlers(db.url)()
const recall = vi.fn(handler.recall)
const slowly = vi.fn(handler.answer)
/** The one that is tested, and one that remembers nothing of its own: by the app, as all else. */
const servers = {
  listener: createServer(nodeListener({ recall, answer: slowly, fetch: handler.fetch })),
  byApp: createServer(nodeListener({ fetch: handler.app.fetch })),
}

beforeAll(async () => {
  await db.query(`create table t (id int primary key, g int, name text);
    insert into t select i, i % 5, 'Zoë – 東京 ' || i % 5 from generate_series(1, 20) i`)
  await deploy(db.pool, {
    counts: { query: 'select g, name, count(*) as n from t group by g, name', read: { public: true } },
    closed: { query: 'select g, count(*) as n from t group by g' },
  })
  for (const server of Object.values(servers)) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
})

afterAll(() => {
  for (const server of Object.values(servers)) server.close()
})

/** All that comes back for these requests, on one connection. */
async function send(server: Server, ...requests: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (part) => {
    text += part
  })
  const last = requests.at(-1)?.replace('\r\n', '\r\nConnection: close\r\n') ?? ''
  socket.write([...requests.slice(0, -1), last].join(''), 'latin1')
  await once(socket, 'close')
  return text
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers that were written one after the other. */
function answersIn(text: string): Answer[] {
  const answers: Answer[] = []
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 2)]),
    )
    const length = Number(headers['content-length'] ?? 0)
    answers.push({ status: Number(line.split(' ')[1]), headers, body: rest.slice(end + 4, end + 4 + length) })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

/** Without what is of the moment or of the connection; rows that are not sent are in the view as well as in the cache. */
function lasting({ status, headers, body }: Answer): Answer {
  const moving = [
    'date',
    'x-data-staleness-seconds',
    'cache-control',
    'age',
    ...(status === 304 ? ['x-data-source'] : []),
  ]
  const kept = Object.entries(headers).filter(([name]) => !moving.includes(name))
  return { status, headers: Object.fromEntries(kept), body }
}

const request = (target: string, ...headers: readonly string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')

async function answerOf(server: Server, text: string): Promise<Answer> {
  const [answer] = answersIn(await send(server, text))
  if (answer === undefined) throw new Error('nothing was answered')
  return answer
}

/** Asks both, and the one that is tested twice: what was not remembered before is then. */
async function bothAnswer(text: string): Promise<{ answer: Answer; quickly: boolean }> {
  await answerOf(servers.listener, text)
  slowly.mockClear()
  const answer = await answerOf(servers.listener, text)
  const quickly = slowly.mock.calls.length === 0
  expect(lasting(answer)).toEqual(lasting(await answerOf(servers.byApp, text)))
  return { answer, quickly }
}

/** What is known of a view counts for a quarter of a second, in which a busy machine may not get to ask twice. */
async function quickAnswer(text: string): Promise<Answer> {
  let found: Answer | undefined
  await until(async () => {
    const { answer, quickly } = await bothAnswer(text)
    found = answer
    return quickly
  }, 'it is written at once')
  return found as Answer
}

const path = '/rest/v1/counts?select=g,name,n&order=g'
const bearer = `Authorization: Bearer ${reader}`

describe('is written at once, as it would be otherwise', () => {
  test.each([
    ['of everybody', path, []],
    ['to a browser', path, ['Accept: */*', 'Accept-Language: de', 'Cookie: a=b', 'Origin: https://elsewhere.example']],
    ['as CSV', path, ['Accept: text/csv']],
    ['as one object', '/rest/v1/counts?g=eq.1', ['Accept: application/vnd.pgrst.object+json']],
    ['of a range', path, ['Range: 1-2', 'Range-Unit: items']],
    ['with a count', path, ['Prefer: count=exact', 'Prefer: return=representation']],
    ['by its token', '/rest/v1/closed', [bearer]],
    ['by its key', '/rest/v1/closed', [`apikey: ${reader}`]],
    ['with a body that nobody asked for', path, ['Content-Length: 0']],
  ])('%s', async (_, target, headers) => {
    const answer = await quickAnswer(request(target, ...headers))
    expect(answer.status).toBeLessThan(300)
    expect(answer.headers['x-data-source']).toBe('cache')
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
  })

  test.each([
    ['its tag', (tag: string) => tag, 304],
    ['its tag among others', (tag: string) => `"x", ${tag}, W/"y"`, 304],
    ['any', () => '*', 304],
    ['another', () => 'W/"other"', 200],
  ])('to somebody who names %s', async (_, named, status) => {
    const { headers } = await answerOf(servers.listener, request(path))
    const answer = await quickAnswer(request(path, `If-None-Match: ${named(headers.etag ?? '')}`))
    expect(answer.status).toBe(status)
    expect(answer.headers.etag).toBe(headers.etag)
    expect(answer.body === '').toBe(status === 304)
  })

  test('how old it is, as time goes by', async () => {
    const ages: number[] = []
    const after = performance.now()
    while (performance.now() - after < 300 || ages.length < 10) {
      const { headers } = await answerOf(servers.listener, request(path))
      ages.push(Number(headers['x-data-staleness-seconds']))
      if (headers['x-data-source'] === 'cache') expect(headers['x-data-staleness-seconds']).toMatch(/^\d+(\.\d\d?)?$/)
    }
    expect(new Set(ages).size).toBeGreaterThan(2)
  })

  test('one after the other on one connection, with text of more bytes than letters', async () => {
    await answerOf(servers.listener, request(path))
    const first = `${request(path, 'Content-Length: 5')}GET /`
    const answers = answersIn(await send(servers.listener, first, request(path), request(path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(JSON.parse(Buffer.from(answers[0]?.body ?? '', 'latin1').toString())).toHaveLength(5)
  })
})

describe('is left to the handler, which answers as it would otherwise', () => {
  test.each([
    ['a name that is none', '/rest/v1/nothing', []],
    ['a closed view, of nobody', '/rest/v1/closed', []],
    ['a closed view, by a token that is none', '/rest/v1/closed', ['Authorization: Bearer wrong']],
    ['a closed view, by a token and another one', '/rest/v1/closed', [bearer, 'Authorization: Bearer wrong']],
    ['a closed view, by a token given twice', '/rest/v1/closed', [bearer, bearer]],
    ['a closed view, by another scheme', '/rest/v1/closed', [`Authorization: Basic ${reader}`]],
    ['a view of a schema', path, ['Accept-Profile: elsewhere']],
    ['what it does not speak', path, ['Accept: image/png']],
    ['a column that is none', '/rest/v1/counts?nothing=eq.1', []],
    ['another address of the server', '/healthz', []],
  ])('%s', async (_, target, headers) => {
    // What others may read is remembered, and known to be the present rows.
    await quickAnswer(request('/rest/v1/closed', bearer))
    const { quickly } = await bothAnswer(request(target, ...headers))
    expect(quickly).toBe(false)
  })

  test.each([
    ['a whole address', 'http://localhost/rest/v1/counts?select=g&order=g', 200],
    ['steps back', '/rest/v1/../v1/counts?select=g&order=g', 200],
    ['an address of its own', '//rest/v1/counts?select=g&order=g', 404],
    ['signs that are written out', '/rest/v1/counts?select="g"&order=g', 200],
    ['a name that is written out', '/rest/v1/%63ounts?select=g&order=g', 200],
  ])('%s', async (_, target, status) => {
    const { answer, quickly } = await bothAnswer(request(target))
    expect([answer.status, quickly]).toEqual([status, false])
  })

  test.each(['HEAD', 'POST', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    const text = request(path).replace('GET', method)
    slowly.mockClear()
    const answer = await send(servers.listener, text)
    expect(slowly).toHaveBeenCalledOnce()
    const head = (all: string): string => all.slice(0, all.indexOf('\r\n'))
    expect(head(answer)).toBe(head(await send(servers.byApp, text)))
  })

  test('and counted once either way', async () => {
    const requests = async (): Promise<number> => {
      const text = await handler.fetch(
        new Request('http://localhost/metrics', { headers: { authorization: 'Bearer the-token-of-operations' } }),
      )
      const counts = [...(await text.text()).matchAll(/^tidemark_http_requests_total\{[^}]*\} (\d+)/gm)]
      return counts.reduce((sum, [, count]) => sum + Number(count), 0)
    }
    await answerOf(servers.listener, request(path))
    const before = await requests()
    await answerOf(servers.listener, request(path))
    await answerOf(servers.listener, request('/healthz'))
    // The first one of those that ask for the metrics too.
    expect((await requests()) - before).toBe(3)
  })
})

test('over HTTP/2 as well', async () => {
  const server = http2
    .createServer(nodeListener({ recall, answer: slowly, fetch: handler.fetch }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const get = async (headers: http2.OutgoingHttpHeaders = {}): Promise<unknown[]> => {
    const stream = session.request({ ':path': path, ...headers })
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
    const body = Buffer.concat((await stream.toArray()) as Buffer[]).toString()
    return [head[':status'], head['content-type'], head.etag, body]
  }
  const expected = await quickAnswer(request(path))
  const body = Buffer.from(expected.body, 'latin1').toString()
  const { etag, 'content-type': type } = expected.headers
  slowly.mockClear()
  await until(async () => {
    slowly.mockClear()
    expect(await get()).toEqual([200, type, etag, body])
    return slowly.mock.calls.length === 0
  }, 'it is written at once')
  expect(await get({ 'if-none-match': etag })).toEqual([304, undefined, etag, ''])
  session.close()
  server.close()
})
