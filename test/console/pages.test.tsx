import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createQueryClient } from '../../src/console/api/queries.js'
import { changedBy } from '../../src/console/live/cache.js'
import { OverviewPage } from '../../src/console/overview/OverviewPage.js'
import { SaveProblems } from '../../src/console/shell/SaveProblems.js'
import { TokenPrompt } from '../../src/console/shell/TokenPrompt.js'
import { useShortcuts } from '../../src/console/shell/useShortcuts.js'
import type { ViewSummary } from '../../src/protocol/api.js'
import { misspelt, sceneOf, summaryOf } from './fixtures/scene.js'

const asked: Request[] = []
let answer: (request: Request) => Response

beforeEach(() => {
  vi.stubGlobal('fetch', async (url: URL, init?: RequestInit) => {
    const request = new Request(url, init)
    asked.push(request)
    return answer(request)
  })
})

afterEach(() => {
  cleanup()
  asked.length = 0
  vi.unstubAllGlobals()
  sessionStorage.clear()
})

function show(page: React.ReactNode): void {
  render(
    <MantineProvider>
      <QueryClientProvider client={createQueryClient()}>{page}</QueryClientProvider>
    </MantineProvider>,
  )
}

function serve(views: readonly ViewSummary[]): void {
  answer = () => Response.json({ views })
}

/** The names in the list, from above. */
async function listed(): Promise<string[]> {
  const list = await screen.findByRole('region', { name: 'Views' })
  return within(list)
    .queryAllByRole('link')
    .map((link) => link.textContent ?? '')
}

describe('the overview', () => {
  const views = sceneOf({ views: 8, broken: 2 }).views.map(summaryOf)

  test('says first how many need attention, and what is wrong with each', async () => {
    serve(views.map((view, index) => (index < 2 ? view : { ...view, stalenessSeconds: 0 })))
    show(<OverviewPage />)
    expect((await screen.findByRole('heading', { level: 1 })).textContent).toBe('2 of 8 views need attention')
    const troubles = within(screen.getByRole('region', { name: 'What is wrong' }))
    expect(troubles.getAllByRole('link').map(({ textContent }) => textContent)).toEqual([
      views[0]?.view,
      views[1]?.view,
    ])
    expect(troubles.getByText(/Column "region" of table public.customers was dropped/)).toBeTruthy()
  })

  test('finds views as one types, and puts them in another order', async () => {
    serve(views)
    show(<OverviewPage />)
    expect(await listed()).toHaveLength(8)
    fireEvent.change(screen.getByLabelText('Search views'), { target: { value: 'SHIPMENT' } })
    expect(await listed()).toEqual(['mv_shipment_totals'])
    fireEvent.change(screen.getByLabelText('Search views'), { target: { value: 'nothing like it' } })
    expect(screen.getByText('No view matches “nothing like it”.')).toBeTruthy()
    fireEvent.keyDown(screen.getByLabelText('Search views'), { key: 'Escape' })
    fireEvent.click(screen.getByRole('button', { name: 'Name' }))
    const names = views.map(({ view }) => view).sort((a, b) => a.localeCompare(b, 'en'))
    expect(await listed()).toEqual(names)
    fireEvent.click(screen.getByRole('button', { name: 'Name' }))
    expect(await listed()).toEqual(names.toReversed())
  })

  test('sends what is asked for, and says what came of it', async () => {
    answer = (request) =>
      request.method === 'POST'
        ? Response.json({ title: 'Forbidden', status: 403, detail: 'This token may only read.' }, { status: 403 })
        : Response.json({ views })
    show(<OverviewPage />)
    fireEvent.click(await screen.findByRole('button', { name: 'Refresh now: mv_order_totals' }))
    expect(await screen.findByText(/This token may only read\./)).toBeTruthy()
    const post = asked.find(({ method }) => method === 'POST')
    expect(new URL(post?.url ?? '').pathname).toBe('/api/views/mv_order_totals/refresh')
    expect(await post?.json()).toEqual({ full: false })
  })

  test('without views says what to run', async () => {
    serve([])
    show(<OverviewPage />)
    expect(await screen.findByText('npx tidemark apply')).toBeTruthy()
  })

  test('says what is the matter when there is no answer', async () => {
    answer = () => Response.json({ title: 'Busy', status: 503, detail: 'All connections are taken.' }, { status: 503 })
    show(<OverviewPage />)
    expect(await screen.findByText('All connections are taken.')).toBeTruthy()
  })
})

describe('a token', () => {
  test('is asked for when the server wants one, sent from then on, and asked for again when it is refused', async () => {
    answer = (request) =>
      request.headers.get('authorization') === 'Bearer right'
        ? Response.json({ views: [] })
        : Response.json({ title: 'Unauthorized', status: 401 }, { status: 401 })
    show(
      <>
        <TokenPrompt />
        <OverviewPage />
      </>,
    )
    const give = async (token: string): Promise<void> => {
      fireEvent.change(await screen.findByLabelText('Token'), { target: { value: token } })
      fireEvent.click(screen.getByRole('button', { name: 'Continue' }))
      fireEvent.click(await screen.findByRole('button', { name: 'Try again', hidden: true }))
    }
    await give('wrong')
    expect(await screen.findByText(/The last one was refused/)).toBeTruthy()
    await give('right')
    expect(await screen.findByText('No views are deployed yet')).toBeTruthy()
    await waitFor(() => expect(screen.queryByLabelText('Token')).toBeNull())
    expect(sessionStorage.getItem('tidemark.token')).toBe('right')
  })
})

function Page({ shortcuts }: { readonly shortcuts: Readonly<Record<string, () => void>> }) {
  useShortcuts(shortcuts)
  return <input aria-label="Somewhere to write" />
}

describe('keys', () => {
  test('go one after the other, and not while one writes or holds a modifier', () => {
    const lineage = vi.fn()
    const help = vi.fn()
    render(<Page shortcuts={{ 'g l': lineage, '?': help }} />)
    const press = (key: string, target: Element = document.body, extra = {}) =>
      fireEvent.keyDown(target, { key, ...extra })
    press('g')
    press('l')
    press('l')
    expect(lineage).toHaveBeenCalledTimes(1)
    press('?', screen.getByLabelText('Somewhere to write'))
    press('?', document.body, { ctrlKey: true })
    expect(help).not.toHaveBeenCalled()
    press('?')
    expect(help).toHaveBeenCalledTimes(1)
  })
})

describe('what is wrong with what was saved', () => {
  test('stands there until it is mended, with the place in the query', async () => {
    let problems = [misspelt]
    answer = () => Response.json({ problems })
    const client = createQueryClient()
    render(
      <MantineProvider>
        <QueryClientProvider client={client}>
          <SaveProblems />
        </QueryClientProvider>
      </MantineProvider>,
    )
    const banner = within(await screen.findByRole('region', { name: 'What was saved was not applied' }))
    expect(banner.getByRole('button', { name: 'QUERY_INVALID' })).toBeDefined()
    expect(banner.getByText(/> 2 │ fromm orders/).textContent).toContain('│       ^^^^^^')
    expect(banner.getByText(misspelt.hint ?? '')).toBeDefined()
    problems = []
    for (const queryKey of changedBy([{ type: 'deployment', at: new Date().toISOString() }])) {
      await client.invalidateQueries({ queryKey })
    }
    await waitFor(() => expect(screen.queryByRole('region')).toBeNull())
  })
})
