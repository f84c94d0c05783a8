import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createQueryClient } from '../../src/console/api/queries.js'
import { changedBy } from '../../src/console/live/cache.js'
import { OverviewPage } from '../../src/console/overview/OverviewPage.js'
import { Part } from '../../src/console/parts/Part.js'
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

  test('leads the keyboard on when the trouble that it is in goes away by itself', async () => {
    const well = (view: ViewSummary): ViewSummary => ({ ...view, state: 'ready', stalenessSeconds: 0, lastError: null })
    const wrong = (first: number): ViewSummary[] => views.map((view, index) => (index < first ? well(view) : view))
    let now = views.map((view, index) => (index < 2 ? view : well(view)))
    answer = () => Response.json({ views: now })
    const client = createQueryClient()
    render(
      <MantineProvider>
        <QueryClientProvider client={client}>
          <OverviewPage />
        </QueryClientProvider>
      </MantineProvider>,
    )
    const press = async (name: string): Promise<void> => (await screen.findByRole('button', { name })).focus()
    const focused = (): string => document.activeElement?.textContent ?? ''
    await press('Refresh now: mv_order_totals')
    now = [...wrong(1).slice(0, 2), ...now.slice(2)]
    await client.invalidateQueries()
    await waitFor(() => expect(focused()).toBe('What is wrong'))
    await press(`Refresh now: ${views[1]?.view}`)
    now = [...wrong(2).slice(0, 2), ...now.slice(2)]
    await client.invalidateQueries()
    await waitFor(() => expect(focused()).toBe('All 8 views are fresh'))
    screen.getByLabelText('Search views').focus()
    now = views
    await client.invalidateQueries()
    expect(await screen.findByText('What is wrong')).toBeTruthy()
    expect(document.activeElement).toBe(screen.getByLabelText('Search views'))
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

  test('goes on by itself when the database is back, and says all the while what it waits for', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'clearInterval', 'clearTimeout', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const body = { title: 'Away', status: 503, detail: 'The database does not answer.', code: 'DATABASE_UNREACHABLE' }
    let answered = (): Response => Response.json(body, { status: 503 })
    answer = () => answered()
    show(<OverviewPage />)
    await vi.advanceTimersByTimeAsync(1_000)
    const title = 'The server is there, its database is not'
    expect(screen.getByRole('heading', { name: title })).toBeTruthy()
    let answerNow: (response: Response) => void = () => {}
    vi.stubGlobal('fetch', () => new Promise((resolve) => (answerNow = resolve)))
    await vi.advanceTimersByTimeAsync(5_000)
    // It is being asked for again.
    expect(screen.getByRole('heading', { name: title })).toBeTruthy()
    answered = () => Response.json({ views: views.slice(2).map((view) => ({ ...view, stalenessSeconds: 0 })) })
    answerNow(answered())
    await vi.advanceTimersByTimeAsync(1_000)
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('All 6 views are fresh')
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

describe('a token that is good for other things', () => {
  test('can be exchanged for another one, or kept', async () => {
    answer = (request) =>
      request.headers.get('authorization') === 'Bearer more'
        ? Response.json({ views: [] })
        : Response.json({ title: 'Forbidden', status: 403, detail: 'Not "freshness".' }, { status: 403 })
    show(
      <>
        <TokenPrompt />
        <OverviewPage />
      </>,
    )
    expect(await screen.findByText('Not "freshness".')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Use another token' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Close' }))
    await waitFor(() => expect(screen.queryByLabelText('Token')).toBeNull())
    fireEvent.click(screen.getByRole('button', { name: 'Use another token' }))
    fireEvent.change(await screen.findByLabelText('Token'), { target: { value: 'more' } })
    fireEvent.click(screen.getByRole('button', { name: 'Continue' }))
    await waitFor(() => expect(sessionStorage.getItem('tidemark.token')).toBe('more'))
  })
})

function Page({ shortcuts }: { readonly shortcuts: Readonly<Record<string, () => void>> }) {
  useShortcuts(shortcuts)
  return <input aria-label="Somewhere to write" />
}

function Torn(): never {
  throw new Error('Failed to fetch dynamically imported module')
}

describe('a part of the page', () => {
  test('that breaks leaves the rest where it is, and says how to go on', () => {
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
    show(
      <>
        <h1>Overview</h1>
        <Part>
          <Torn />
        </Part>
      </>,
    )
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Overview')
    expect(screen.getByText('Failed to fetch dynamically imported module')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Load the page again' })).toBeTruthy()
    silent.mockRestore()
  })
})

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
