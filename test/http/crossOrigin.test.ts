/** Reads of pages of other origins: what is remembered is answered as quickly, and says the same, as what is not. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { type Served, useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
const allowed = 'https://app.example.com'
const origins = [undefined, allowed, 'https://two.example.com', 'https://evil.example', 'null', '']

beforeAll(async () => {
  await db.query(
    'create table t (id int primary key, g int); insert into t select i, i % 5 from generate_series(1, 20) i',
  )
  await deploy(db.pool, { counts: { query: 'select g, count(*) as n from t group by g', read: { public: true } } })
})

const asking = (path: string, origin: string | undefined) =>
  new Request(`http://localhost/rest/v1/${path}`, { headers: origin === undefined ? {} : { origin } })

/** Without those that are about a moment. */
async function said(answer: Response): Promise<object> {
  const headers = Object.fromEntries(answer.headers)
  for (const name of ['age', 'x-data-staleness-seconds', 'cache-control']) delete headers[name]
  return { status: answer.status, headers, body: await answer.text() }
}

const read = (served: Served, path: string, origin?: string) => served.handler.fetch(asking(path, origin))
const readByApp = (served: Served, path: string, origin?: string) => served.handler.app.fetch(asking(path, origin))

describe.each([
  ['everybody', { origins: '*' }],
  ['one', { origins: [allowed] }],
  ['two, with cookies', { origins: [allowed, 'https://two.example.com'], credentials: true }],
] as const)('open to %s', (_, cors) => {
  test('what is remembered is answered without a way through the app, and says what an answer by that way says', async () => {
    const served = handlers({ cors })
    const path = 'counts?select=g,n&order=g'
    await read(served, path)
    const byApp = vi.spyOn(served.handler.app, 'fetch')
    // Twice, and one after the other: what is said to one is not said to the next.
    for (const origin of [...origins, ...origins]) {
      let answer = await read(served, path, origin)
      // What is known of a view counts for a quarter of a second: a busy machine may have to ask again.
      await until(async () => {
        byApp.mockClear()
        answer = await read(served, path, origin)
        return byApp.mock.calls.length === 0
      }, 'it is answered without the app')
      expect(answer.headers.get('x-data-source')).toBe('cache')
      expect(await said(answer), String(origin)).toEqual(await said(await readByApp(served, path, origin)))
    }
    const told = (await read(served, path, 'https://evil.example')).headers.get('access-control-allow-origin')
    expect(told).toBe(cors.origins === '*' ? '*' : null)
    expect((await read(served, path, allowed)).headers.get('access-control-expose-headers')).toContain('X-Data-Epoch')
  })

  test('an error, and what is not remembered, say it too', async () => {
    const served = handlers({ cors })
    for (const path of ['counts?nothing=eq.1', 'nothing', 'counts?g=eq.1']) {
      for (const origin of origins) {
        const answer = await read(served, path, origin)
        expect(answer.headers.get('access-control-expose-headers'), path).toContain('X-Data-Epoch')
        const known = cors.origins === '*' || (cors.origins as readonly string[]).includes(origin ?? '')
        expect(answer.headers.has('access-control-allow-origin')).toBe(known)
      }
    }
  })
})
