import { QueryClient } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { describe, expect, test, vi } from 'vitest'
import { TidemarkProvider, useView } from '../../src/react/index.js'
import { FakeServer } from './kit/fakeServer.js'
import { Rows, usePage } from './kit/page.js'

const page = usePage()

describe('a view that is shown', () => {
  test('is read once, and again when a refresh changed its rows', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />)
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    await page.settles()
    expect(page.server.reads('mv')).toHaveLength(1)
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":2}]')
    expect(page.server.reads('mv')).toHaveLength(2)
  })

  test('is not read again when a refresh changed nothing', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />)
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    await page.settles()
    page.server.touch('mv')
    await page.settles()
    expect(page.server.reads('mv')).toHaveLength(1)
  })

  test('is asked for by what it shows', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows query={{ select: ['n'], where: { n: { gt: 0 } }, order: 'n.desc', limit: 5 }} />)
    await page.shows('mv: [{"n":1}]')
    expect(page.server.reads('mv')[0]?.query).toBe('select=n&n=gt.0&order=n.desc&limit=5')
  })

  test('is not sent again where it is the same', async () => {
    page.server.put('mv', [{ n: 1 }])
    const seen: unknown[] = []
    function Seen() {
      const { rows, refetch } = useView('mv')
      if (rows !== undefined) seen.push(rows)
      return (
        <button type="button" onClick={() => void refetch()}>
          {JSON.stringify(rows)}
        </button>
      )
    }
    page.show(<Seen />)
    const button = await page.shows('[{"n":1}]')
    await page.connected()
    await page.settles()
    button.click()
    await page.settles()
    const last = page.server.reads('mv').at(-1)
    expect([last?.headers.get('If-None-Match'), last?.status]).toEqual([`W/"${page.server.epoch('mv')}"`, 304])
    expect(new Set(seen).size).toBe(1)
  })

  test('is read again until what was told has come through the caches on the way', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />)
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    await page.settles()
    // It answers what it had, three times.
    const { asOf } = page.server.views.get('mv') ?? { asOf: 0 }
    let old = 3
    const headers = { 'X-Data-Epoch': page.server.epoch('mv'), 'X-Data-As-Of': new Date(asOf).toISOString() }
    page.server.instead.push((request) =>
      request.url.includes('/rest/') && old-- > 0 ? Response.json([{ n: 1 }], { headers }) : undefined,
    )
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":2}]')
    expect(old).toBe(-1)
  })

  test('is read again when a refresh ends while it is read', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />)
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    const held: (() => void)[] = []
    page.server.instead.push(async (request) => {
      if (!request.url.includes('/rest/')) return undefined
      const rows = JSON.stringify(page.server.views.get('mv')?.rows)
      const epoch = page.server.epoch('mv')
      await new Promise<void>((resolve) => held.push(resolve))
      return new Response(rows, { headers: { 'X-Data-Epoch': epoch } })
    })
    page.server.put('mv', [{ n: 2 }])
    await expect.poll(() => held.length).toBe(1)
    page.server.put('mv', [{ n: 3 }])
    await page.settles()
    expect(held).toHaveLength(1)
    held[0]?.()
    await expect.poll(() => held.length).toBe(2)
    held[1]?.()
    await page.shows('mv: [{"n":3}]')
  })

  test('keeps its rows when a read fails, and is read again when that has passed', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(<Rows />)
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    await page.settles()
    let failing = true
    const refusal = { status: 409, headers: { 'Content-Type': 'application/problem+json' } }
    page.server.instead.push((request) =>
      failing && request.url.includes('/rest/')
        ? new Response('{"title":"Conflict","detail":"Not now."}', refusal)
        : undefined,
    )
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":1}] but Not now.')
    failing = false
    page.server.put('mv', [{ n: 3 }])
    await page.shows('mv: [{"n":3}]')
  })

  test('says what is wrong, and does not ask again and again', async () => {
    page.show(<Rows view="nowhere" />)
    await page.shows('nowhere: none but There is no view "nowhere"')
    await page.settles()
    expect(page.server.reads('nowhere')).toHaveLength(1)
  })

  test('is shown when it was deployed', async () => {
    page.server.put('other', [])
    page.show(
      <>
        <Rows view="other" />
        <Rows view="late" />
      </>,
    )
    await page.shows('late: none but There is no view "late"')
    await page.connected()
    page.server.put('late', [{ n: 1 }], false)
    page.server.tell({ type: 'views', at: new Date().toISOString() })
    await page.shows('late: [{"n":1}]')
    await expect.poll(() => page.server.streams.map(({ views }) => views)).toEqual([['late', 'other']])
  })

  test('works in strict mode', async () => {
    page.server.put('mv', [{ n: 1 }])
    page.show(
      <StrictMode>
        <Rows />
      </StrictMode>,
    )
    await page.shows('mv: [{"n":1}]')
    await page.connected()
    page.server.put('mv', [{ n: 2 }])
    await page.shows('mv: [{"n":2}]')
    expect(page.server.streams).toHaveLength(1)
  })

  test('renders a component for what it uses alone', async () => {
    page.server.put('mv', [{ n: 1 }])
    const rendered = vi.fn()
    function OnlyRows() {
      const { rows } = useView('mv')
      rendered()
      return <p>{JSON.stringify(rows)}</p>
    }
    page.show(<OnlyRows />)
    await page.shows('[{"n":1}]')
    await page.connected()
    await page.settles()
    const before = rendered.mock.calls.length
    page.server.put('mv', [{ n: 2 }])
    await page.shows('[{"n":2}]')
    await page.settles()
    // Not when the read began, and not when it ended.
    expect(rendered.mock.calls.length - before).toBe(1)
  })
})

describe('two handlers in one QueryClient', () => {
  const elsewhere = (server: FakeServer): typeof fetch => {
    return (input, init) => server.fetch(String(input).replace(/^\/elsewhere/, ''), init)
  }

  test('show the rows of each, of views of the same name', async () => {
    const other = new FakeServer()
    page.server.put('mv', [{ n: 1 }])
    other.put('mv', [{ n: 'other' }])
    const inner = (
      <>
        <Rows />
        <TidemarkProvider url="/elsewhere" fetch={elsewhere(other)}>
          <Rows />
        </TidemarkProvider>
      </>
    )
    page.show(<StrictMode>{inner}</StrictMode>)
    await page.shows('mv: [{"n":1}]')
    await page.shows('mv: [{"n":"other"}]')
    await page.connected()
    other.put('mv', [{ n: 'newer' }])
    await page.shows('mv: [{"n":"newer"}]')
    await page.shows('mv: [{"n":1}]')
  })

  test('one after the other: rows of the first are never shown as those of the second', async () => {
    const other = new FakeServer()
    page.server.put('mv', [{ n: 1 }])
    other.put('mv', [{ n: 'other' }])
    const seen: string[] = []
    function Seen() {
      const { rows } = useView('mv')
      seen.push(JSON.stringify(rows))
      return <p>{JSON.stringify(rows)}</p>
    }
    const shown = page.show(<Seen />)
    await page.shows('[{"n":1}]')
    await page.connected()
    const before = seen.length
    shown.change({ url: '/elsewhere', fetch: elsewhere(other) })
    await page.shows('[{"n":"other"}]')
    expect(seen.slice(before)).not.toContain('[{"n":1}]')
  })
})

describe('tokens', () => {
  test('go with every request', async () => {
    page.server.put('mv', [])
    page.show(<Rows />, { token: 'secret' })
    await page.shows('mv: []')
    await page.connected()
    expect(page.server.log.map(({ headers }) => headers.get('Authorization'))).toEqual(
      page.server.log.map(() => 'Bearer secret'),
    )
  })

  test('can be asked for each time', async () => {
    let number = 0
    page.server.put('mv', [])
    page.show(<Rows />, { getToken: async () => `token-${++number}` })
    await page.shows('mv: []')
    await page.connected()
    const sent = page.server.log.map(({ headers }) => headers.get('Authorization'))
    expect(new Set(sent).size).toBe(sent.length)
  })

  test('another one, in a page that was closed and opened again, does not show the rows of the one before', async () => {
    const queryClient = new QueryClient()
    page.server.put('mv', [{ id: 'of one' }])
    const one = page.show(<Rows />, { token: 'one', queryClient })
    await page.shows('mv: [{"id":"of one"}]')
    one.unmount()
    page.server.put('mv', [{ id: 'of other' }])
    const other = page.show(<Rows />, { token: 'other', queryClient })
    expect(other.container.textContent).not.toContain('of one')
    await page.shows('mv: [{"id":"of other"}]')
    other.unmount()
    const again = page.show(<Rows />, { token: 'other', queryClient })
    expect(again.container.textContent).toContain('of other')
  })

  test('of somebody else show nothing of what was there before', async () => {
    page.server.put('mv', [{ of: 'one' }])
    const shown = page.show(<Rows />, { token: 'one' })
    await page.shows('mv: [{"of":"one"}]')
    await page.connected()
    page.server.put('mv', [{ of: 'other' }], false)
    shown.change({ token: 'other' })
    expect(shown.container.textContent).toBe('mv is pending')
    await page.shows('mv: [{"of":"other"}]')
    await page.connected()
  })
})
