import { describe, expect, test, vi } from 'vitest'
import { Freshness } from '../../src/react/index.js'
import { Rows, usePage } from './kit/page.js'

const page = usePage()

function setVisibility(state: 'hidden' | 'visible'): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

/** A page that shows one view, connected, with nothing left to do. */
async function showOne(): Promise<void> {
  page.server.put('mv', [{ n: 1 }])
  page.show(<Rows />)
  await page.shows('mv: [{"n":1}]')
  await page.connected()
  await page.settles()
}

describe('the connection', () => {
  test('is one for all views, and goes on from where it was when there are more', async () => {
    page.server.put('one', [])
    page.server.put('two', [])
    page.server.put('three', [])
    const shown = page.show([
      <Rows key="1" view="one" />,
      <Rows key="2" view="two" />,
      <Freshness key="3" view="one" />,
    ])
    await page.connected()
    expect(page.server.streams.map(({ views }) => views)).toEqual([['one', 'two']])
    await page.settles()
    shown.change({}, <Rows view="three" />)
    await expect.poll(() => page.server.streams.map(({ views }) => views)).toEqual([['three']])
    const asked = page.server.asked('/api/events')
    expect(asked.map(({ headers }) => headers.get('Last-Event-ID'))).toEqual([null, '3'])
  })

  test('ends when nothing is shown any more', async () => {
    await showOne()
    page.show(<p>nothing</p>)
    const { unmount } = page.show(<Rows />)
    await page.connected(2)
    unmount()
    await page.connected(1)
  })

  test('that breaks is made again, and tells what happened meanwhile', async () => {
    await showOne()
    page.server.instead.push((request) => {
      // While it is gone, rows change.
      if (request.url.includes('/api/events')) page.server.instead.length = 0
      page.server.put('mv', [{ n: 2 }])
      return undefined
    })
    page.server.dropStreams()
    await page.shows('mv: [{"n":2}]')
    expect(page.server.asked('/api/events').at(-1)?.headers.get('Last-Event-ID')).toBe('1')
  })

  test('that was away for too long makes everything be read again', async () => {
    await showOne()
    page.server.dropStreams()
    page.server.put('mv', [{ n: 2 }])
    page.server.forgetPast()
    await page.shows('mv: [{"n":2}]')
  })

  test('comes back to a server that was down', async () => {
    await showOne()
    page.server.down = true
    page.server.dropStreams()
    await page.settles()
    page.server.put('mv', [{ n: 2 }])
    page.server.down = false
    await page.shows('mv: [{"n":2}]')
    await page.connected()
  })

  test('is not silent for all views because of one', async () => {
    page.server.put('good', [{ n: 1 }])
    page.show([<Rows key="1" view="good" />, <Rows key="2" view="bad" />])
    await page.shows('good: [{"n":1}]')
    await page.connected()
    expect(page.server.streams.map(({ views }) => views)).toEqual([['good']])
    page.server.put('good', [{ n: 2 }])
    await page.shows('good: [{"n":2}]')
  })

  test('breaks when a server tells what is no event, and nothing else does', async () => {
    await showOne()
    page.server.streams[0]?.send('event: news\ndata: not JSON\n\nevent: later\ndata: {"view":"mv"}\n\n')
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":2}]')
    expect(page.server.asked('/api/events')).toHaveLength(1)
  })
})

describe('a tab that is hidden', () => {
  test('ends the connection after a while, and catches up when it is shown', async () => {
    await showOne()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    try {
      setVisibility('hidden')
      await vi.advanceTimersByTimeAsync(4_000)
      expect(page.server.streams).toHaveLength(1)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(page.server.streams).toHaveLength(0)
      page.server.put('mv', [{ n: 2 }])
      await vi.advanceTimersByTimeAsync(60_000)
      expect(page.server.reads('mv')).toHaveLength(1)
    } finally {
      vi.useRealTimers()
      setVisibility('visible')
    }
    await page.shows('mv: [{"n":2}]')
    expect(page.server.asked('/api/events').at(-1)?.headers.get('Last-Event-ID')).toBe('1')
  })

  test('for a moment keeps it', async () => {
    await showOne()
    setVisibility('hidden')
    setVisibility('visible')
    await page.settles()
    expect(page.server.asked('/api/events')).toHaveLength(1)
  })
})

describe('without events', () => {
  test.each([
    ['refused', () => new Response(null, { status: 404 })],
    ['not a stream', () => new Response('<html></html>', { headers: { 'Content-Type': 'text/html' } })],
    ['an error', () => new Response(null, { status: 503 })],
  ])('what is shown is polled: %s', async (_, answer) => {
    page.server.instead.push((request) => (request.url.includes('/api/events') ? answer() : undefined))
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />, { pollInterval: 100 })
    await page.shows('mv: [{"n":1}]')
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":2}]')
  })

  test('they are tried for again, and polling ends', async () => {
    page.server.instead.push((request) =>
      request.url.includes('/api/events') ? new Response(null, { status: 503 }) : undefined,
    )
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />, { pollInterval: 50 })
    await expect.poll(() => page.server.reads('mv').length).toBeGreaterThan(2)
    page.server.instead.length = 0
    await page.connected()
    await page.settles()
    const reads = page.server.reads('mv').length
    await page.settles()
    expect(page.server.reads('mv')).toHaveLength(reads)
  })
})
