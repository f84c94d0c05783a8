import { act, screen } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { Freshness, RefreshButton, useFreshness, useView } from '../../src/react/index.js'
import { Rows, usePage } from './kit/page.js'

const page = usePage()

function ago(container: HTMLElement): string {
  return container.querySelector('time')?.textContent ?? ''
}

/** Whole seconds that the page says. */
function seconds(container: HTMLElement): number {
  return Number(/^Updated (\d+) s ago$/.exec(ago(container))?.[1])
}

/** It goes on by itself; on a busy machine, not each second is seen. */
async function ticks(container: HTMLElement): Promise<void> {
  for (let from = 0, times = 0; times < 2; times++, from = seconds(container)) {
    await expect.poll(() => seconds(container)).toBeGreaterThan(from)
  }
}

function state(container: HTMLElement): string | null | undefined {
  return container.querySelector('[data-state]')?.getAttribute('data-state')
}

describe('<Freshness>', () => {
  test('stands at 0 s while nothing is pending, and ticks while something is', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" />)
    await page.shows('Updated 0 s ago')
    await page.connected()
    await new Promise((resolve) => setTimeout(resolve, 2_200))
    expect(ago(container)).toBe('Updated 0 s ago')
    Object.assign(page.server.views.get('mv') ?? {}, { pending: 3, asOf: Date.now() })
    page.server.tellFreshness('mv')
    await ticks(container)
    page.server.touch('mv')
    await page.shows('Updated 0 s ago')
  })

  test('is asked for while there are no events, and no more when there are', async () => {
    page.server.put('mv', [])
    let refusing = true
    page.server.instead.push((request) =>
      refusing && request.url.includes('/api/events') ? new Response(null, { status: 503 }) : undefined,
    )
    const { container } = page.show(<Freshness view="mv" />, { pollInterval: 300 })
    await page.shows(/^Updated [01] s ago$/)
    const asked = (): number => page.server.asked('/api/views/mv/freshness').length
    await expect.poll(asked).toBeGreaterThan(2)
    refusing = false
    await page.connected()
    await page.shows('Updated 0 s ago')
    // What was on its way when the stream began is not counted.
    await page.settles()
    const before = asked()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect([ago(container), asked()]).toEqual(['Updated 0 s ago', before])
  })

  test('is not asked for where it is told', async () => {
    page.server.put('mv', [])
    page.show([<Freshness key="1" view="mv" />, <RefreshButton key="2" view="mv" />])
    await page.connected()
    await page.shows('Updated 0 s ago')
    act(() => screen.getByRole('button').click())
    await page.settles()
    expect(page.server.asked('/api/views/mv/freshness')).toEqual([])
  })

  test('is as old as the last that was heard, when nothing is heard any more', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" />)
    await page.connected()
    await page.shows('Updated 0 s ago')
    await expect.poll(() => ago(container)).toMatch(/^Updated (8|9|10) s ago$/)
    page.server.tellFreshness('mv')
    await page.shows('Updated 0 s ago')
  })

  test('goes on from where the server lost sight of it', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" />)
    await page.connected()
    await page.shows('Updated 0 s ago')
    page.server.tell({ type: 'unwatched', at: new Date().toISOString() })
    await ticks(container)
    page.server.tellFreshness('mv')
    await page.shows('Updated 0 s ago')
  })

  test('is a time that machines read, and says nothing aloud while all is well', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" className="small" />)
    await expect.poll(() => container.querySelector('time')?.dateTime).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(container.querySelector('.small')?.getAttribute('data-state')).toBe('live')
    expect(screen.getByRole('status').textContent).toBe('')
  })

  test('says that a refresh failed, until one succeeds', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" />)
    await page.connected()
    const at = new Date().toISOString()
    page.server.tell({ type: 'failed', view: 'mv', error: { code: 'REFRESH_FAILED', message: 'x' }, durationMs: 1, at })
    await expect.poll(() => state(container)).toBe('failed')
    expect(screen.getByRole('status').textContent).toContain('failed')
    page.server.touch('mv')
    await expect.poll(() => state(container)).toBe('live')
  })

  test('knows of a failure that was there before', async () => {
    page.server.put('mv', [])
    Object.assign(page.server.views.get('mv') ?? {}, { state: 'error' })
    function Why() {
      return <p>{useFreshness('mv').error?.message}</p>
    }
    page.show(<Why />)
    await page.shows('division by zero')
  })

  test('is stale when it is older than its target', async () => {
    page.server.put('mv', [])
    const minute = { pending: 1, targetSeconds: 5, asOf: Date.now() - 60_000 }
    Object.assign(page.server.views.get('mv') ?? {}, minute)
    const { container } = page.show(<Freshness view="mv" />)
    await page.shows('Updated 1 min ago')
    await expect.poll(() => state(container)).toBe('stale')
    page.server.touch('mv')
    await expect.poll(() => state(container)).toBe('live')
  })

  test('is offline when the server does not answer, and comes back', async () => {
    page.server.put('mv', [])
    const { container } = page.show(<Freshness view="mv" />)
    await page.connected()
    page.server.down = true
    page.server.dropStreams()
    await expect.poll(() => state(container)).toBe('offline')
    expect(ago(container)).toMatch(/offline$/)
    page.server.down = false
    await expect.poll(() => state(container)).toBe('live')
  })

  test('is right on a computer whose clock is wrong', async () => {
    page.server.put('mv', [])
    const hour = 3_600_000
    const now = Date.now
    // The server's answers are made with the right time, and the page reads a clock that is an hour ahead.
    vi.spyOn(Date, 'now').mockImplementation(() => now() + hour)
    Object.assign(page.server.views.get('mv') ?? {}, { asOf: now() })
    try {
      const { container } = page.show(<Freshness view="mv" />)
      await page.connected()
      Object.assign(page.server.views.get('mv') ?? {}, { pending: 1 })
      const at = new Date(now()).toISOString()
      const freshness = { ...page.server.freshness('mv'), stalenessSeconds: 0.1 }
      page.server.tell({ type: 'freshness', view: 'mv', freshness, at })
      // A busy machine may look a second late; it would not be an hour.
      await expect.poll(() => ago(container)).toMatch(/^Updated [2-9] s ago$/)
    } finally {
      vi.restoreAllMocks()
    }
  })

  test('renders nothing else when it ticks', async () => {
    page.server.put('mv', [])
    const rendered = vi.fn()
    function Beside() {
      const { rows } = useView('mv')
      rendered()
      return <p>{rows === undefined ? 'none' : 'rows'}</p>
    }
    const { container } = page.show([<Beside key="1" />, <Freshness key="2" view="mv" />])
    await page.shows('rows')
    await page.connected()
    await page.settles()
    Object.assign(page.server.views.get('mv') ?? {}, { pending: 1 })
    rendered.mockClear()
    page.server.tellFreshness('mv')
    await ticks(container)
    expect(rendered).not.toHaveBeenCalled()
  })
})

describe('<RefreshButton>', () => {
  test('refreshes, is disabled meanwhile, and what is shown follows even without events', async () => {
    page.server.put('mv', [{ n: 1 }])
    let finish = () => {}
    page.server.instead.push(async (request) => {
      if (request.url.includes('/api/events')) return new Response(null, { status: 404 })
      if (request.method === 'POST') await new Promise<void>((resolve) => (finish = resolve))
      return undefined
    })
    page.show([<Rows key="1" />, <RefreshButton key="2" view="mv" full />])
    await page.shows('mv: [{"n":1}]')
    const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Refresh' })
    act(() => button.click())
    await page.shows('Refreshing…')
    expect([button.disabled, button.getAttribute('aria-busy')]).toEqual([true, 'true'])
    finish()
    await page.shows('mv: [{"n":1,"refreshed":true}]')
    await expect.poll(() => button.disabled).toBe(false)
  })

  test('says what went wrong, to those who hear too', async () => {
    page.server.put('mv', [])
    page.server.instead.push((request) => {
      if (request.method !== 'POST') return undefined
      const error = { code: 'REFRESH_FAILED', message: 'division by zero' }
      return Response.json({ view: 'mv', mode: 'failed', joined: true, epoch: null, asOf: null, error })
    })
    page.show(<RefreshButton view="mv">Now</RefreshButton>)
    const button = screen.getByRole('button', { name: 'Now' })
    act(() => button.click())
    await page.shows('division by zero')
    const alert = screen.getByRole('alert')
    expect([alert.textContent, button.getAttribute('aria-describedby')]).toEqual(['division by zero', alert.id])
  })

  test('says so when it is not allowed, or nobody answers', async () => {
    page.server.instead.push((request) =>
      request.method === 'POST'
        ? Response.json({ title: 'Forbidden', detail: 'Not you.' }, { status: 403 })
        : undefined,
    )
    page.show(<RefreshButton view="mv" />)
    act(() => screen.getByRole('button').click())
    await page.shows('Not you.')
    page.server.down = true
    act(() => screen.getByRole('button').click())
    await page.shows('The server could not be reached.')
  })
})
