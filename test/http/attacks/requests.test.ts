/** Each test is named by what it tries. */
import { describe, expect, test } from 'vitest'
import { expectProblem } from '../kit.js'
import { useAttacked } from './kit.js'

const { handlers } = await useAttacked()

describe('requests', () => {
  const served = handlers({
    access: { open: ['read', 'freshness', 'inspect', 'refresh', 'operate'] },
    limits: { maxBody: 1_000 },
  })
  const post = async (init: RequestInit): Promise<Response> =>
    served.handler.fetch(new Request('http://localhost/api/views/open/refresh', { method: 'POST', ...init }))
  const json = { 'content-type': 'application/json' }

  test('a body that is too large, said so or not', async () => {
    const large = JSON.stringify({ full: 'x'.repeat(2_000) })
    await expectProblem(await post({ body: large, headers: json }), 413, 'REQUEST_TOO_LARGE')
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent++
        controller.enqueue(new Uint8Array(500).fill(32))
      },
    })
    await expectProblem(
      await post({ body: endless, headers: json, duplex: 'half' } as RequestInit),
      413,
      'REQUEST_TOO_LARGE',
    )
    expect(sent).toBeLessThan(10)
  })

  test('a body of another kind', async () => {
    await expectProblem(
      await post({ body: 'full=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
      'REQUEST_INVALID',
    )
    await expectProblem(await post({ body: '{"__proto__":{"full":true}}', headers: json }), 400, 'REQUEST_INVALID')
    await expectProblem(await post({ body: Buffer.from([0xff, 0xfe, 0x7b]), headers: json }), 400, 'REQUEST_INVALID')
  })

  test('from a page of another origin', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      await expectProblem(await post({ headers: headers as unknown as Record<string, string> }), 403, 'FORBIDDEN')
    }
    expect((await post({ headers: { origin: 'http://localhost', host: 'localhost' } })).status).toBe(200)
    const answer = await served.get('/rest/v1/open', undefined, { origin: 'https://evil.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('from a page of an origin that is allowed', async () => {
    const shared = handlers({ cors: { origins: ['https://app.example.com'] } })
    const allowed = await shared.get('/rest/v1/open', undefined, { origin: 'https://app.example.com' })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(allowed.headers.get('access-control-expose-headers')).toContain('X-Data-Staleness-Seconds')
    const other = await shared.get('/rest/v1/open', undefined, { origin: 'https://evil.example' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each([
    '/api/views/%00',
    '/api/views/%FF',
    '/api/views/..%2f..%2fetc%2fpasswd',
    `/api/views/${'x'.repeat(8_000)}`,
    '/api/views/a%27%20or%201=1/freshness',
    '/console/..%2f..%2fpackage.json',
    '/api/events?views=%00',
    `/api/events?views=${'a,'.repeat(600)}`,
  ])('an address that is none: %#', async (path) => {
    const answer = await served.get(path)
    expect([400, 404]).toContain(answer.status)
    expect(await answer.text()).not.toMatch(/ at .*\.ts|SELECT|22021/)
  })

  test('every answer has the headers that keep browsers from guessing', async () => {
    for (const path of ['/api/views', '/api/nothing', '/rest/v1/open', '/healthz']) {
      const { headers } = await served.get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })
})
