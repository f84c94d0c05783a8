import { type ClientBase, Pool } from 'pg'
import { afterAll, expect } from 'vitest'
import { createHandler, type Handler, type HandlerOptions } from '../../src/http/index.js'
import type { ProblemBody } from '../../src/protocol/api.js'
import type { FreshnessTold, FreshnessUnwatched, LiveEvent } from '../../src/protocol/events.js'
import type { Log } from '../../src/worker/events.js'
import { until } from '../worker/kit.js'

export const operator = 'the-token-of-operations'
export const reader = 'the-token-of-a-reader'

export const tokens = [
  { name: 'operations', token: operator, actions: '*' },
  { name: 'reader', token: reader },
] as const

/** A busy machine must not make a request wait for a connection in vain. */
export const patient = { connectionWait: '30s' } as const

export interface Served {
  readonly handler: Handler
  readonly log: { readonly level: string; readonly details: object; readonly message: string }[]
  get(path: string, token?: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(path: string, token?: string, body?: object | string): Promise<Response>
  close(): Promise<void>
}

type Options = Omit<HandlerOptions, 'database'> & {
  readonly connections?: number
  readonly onConnect?: (client: ClientBase) => void
}

/** A handler with a pool of its own. */
export function serve(url: string, { connections = 4, onConnect, limits, ...options }: Options = {}): Served {
  const pool = new Pool({ connectionString: url, max: connections })
  pool.on('error', () => {})
  if (onConnect !== undefined) pool.on('connect', onConnect)
  const log: Served['log'] = []
  const line = (level: string) => (details: object, message: string) => void log.push({ level, details, message })
  const lines: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const handler = createHandler({
    database: pool,
    log: lines,
    access: { tokens },
    limits: { ...patient, ...limits },
    ...options,
  })
  const send = async (path: string, init: RequestInit): Promise<Response> =>
    handler.fetch(new Request(`http://localhost${path}`, init))
  const bearer = (token: string | undefined): Record<string, string> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  return {
    handler,
    log,
    get: (path, token, headers = {}) => send(path, { headers: { ...bearer(token), ...headers } }),
    post: (path, token, body) =>
      send(path, {
        method: 'POST',
        headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    close: async () => {
      await handler.close()
      await pool.end()
    },
  }
}

/** Notes each statement that is sent on a connection. */
export function noting(statements: string[]): (client: ClientBase) => void {
  return (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown
    Object.assign(client, {
      query: (...given: unknown[]) => {
        statements.push(String(given[0]))
        return query(...given)
      },
    })
  }
}

/** Handlers that are closed after the tests of a file. */
export function useHandlers(url: string): (options?: Options) => Served {
  const all: Served[] = []
  afterAll(async () => {
    await Promise.all(all.map((served) => served.close()))
  })
  return (options) => {
    const served = serve(url, options)
    all.push(served)
    return served
  }
}

/** The answer is a problem of this code, and says nothing that it should not. */
export async function expectProblem(response: Response, status: number, code: string): Promise<ProblemBody> {
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status, text: expect.stringContaining(code) })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = JSON.parse(text) as ProblemBody
  expect(body).toMatchObject({ status, code, type: expect.stringMatching(/^urn:/), title: expect.any(String) })
  expect(text).not.toMatch(/ at .*\.ts|node_modules|SELECT |select |password|postgres:\/\//)
  return body
}

export interface Heard {
  /** What happened. */
  readonly events: LiveEvent[]
  /** What was told of how fresh views are. */
  readonly freshness: (FreshnessTold | FreshnessUnwatched)[]
  /** Of the last message that had one. */
  readonly lastId: string | undefined
  readonly ended: boolean
  /** What came, as it came. */
  readonly text: string
  stop(): Promise<void>
}

/** Reads a stream of events, until it ends or is stopped. */
export function hear(response: Response): Heard {
  const body = response.body
  if (body === null) throw new Error('there is no stream')
  const streaming = body.getReader()
  const heard = {
    events: [] as LiveEvent[],
    freshness: [] as Heard['freshness'],
    lastId: undefined as string | undefined,
    ended: false,
    text: '',
  }
  const decoder = new TextDecoder()
  let rest = ''
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await streaming.read()
      if (done) break
      const text = decoder.decode(value, { stream: true })
      heard.text += text
      const messages = (rest + text).split('\n\n')
      rest = messages.pop() ?? ''
      for (const message of messages) take(message)
    }
  }
  const take = (message: string): void => {
    const fields = message
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
    for (const [name, value] of fields) {
      if (name === 'data') note(JSON.parse(value ?? '') as LiveEvent)
      if (name === 'id') heard.lastId = value
    }
  }
  const note = (event: LiveEvent): void => {
    if (event.type === 'freshness' || event.type === 'unwatched') heard.freshness.push(event)
    else heard.events.push(event)
  }
  const reading = read()
    .catch(() => undefined)
    .finally(() => {
      heard.ended = true
    })
  return Object.assign(heard, {
    stop: async () => {
      await streaming.cancel().catch(() => undefined)
      await reading
    },
  })
}

/** A stream that has been told where it is. */
export async function listen(served: Served, path: string, token?: string, since?: string): Promise<Heard> {
  const response = await served.get(path, token, since === undefined ? {} : { 'last-event-id': since })
  expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
    status: 200,
    type: 'text/event-stream; charset=utf-8',
  })
  const heard = hear(response)
  await until(() => heard.lastId !== undefined, 'the stream begins')
  return heard
}
