import {
  type DehydratedState,
  dehydrate,
  HydrationBoundary,
  QueryClient,
  QueryClientProvider,
} from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Freshness, prefetchView, RefreshButton, TidemarkProvider } from '../../src/react/index.js'
import { FakeServer } from './kit/fakeServer.js'
import { Rows } from './kit/page.js'

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean
}

beforeEach(() => {
  globalThis.IS_REACT_ACT_ENVIRONMENT = false
})

afterEach(() => {
  vi.restoreAllMocks()
  document.body.innerHTML = ''
})

function Page({ state, server }: { readonly state: DehydratedState; readonly server: FakeServer }): ReactNode {
  return (
    <TidemarkProvider url="" fetch={server.fetch}>
      <HydrationBoundary state={state}>
        <Rows query={{ limit: 2 }} />
        <Freshness view="mv" />
        <RefreshButton view="mv" />
      </HydrationBoundary>
    </TidemarkProvider>
  )
}

async function rendered(server: FakeServer): Promise<{ html: string; state: DehydratedState }> {
  const queryClient = new QueryClient()
  await prefetchView(queryClient, { url: 'http://inside', fetch: server.fetch }, 'mv', { limit: 2 })
  // As it travels in the page.
  const state = JSON.parse(JSON.stringify(dehydrate(queryClient))) as DehydratedState
  return { html: renderToString(<Page state={state} server={server} />), state }
}

test('a page has its rows when it arrives, and is taken over without a difference by a browser an hour ahead', async () => {
  const server = new FakeServer()
  server.put('mv', [{ n: 1 }])
  const { html, state } = await rendered(server)
  expect(html.replaceAll('<!-- -->', '')).toContain('mv: [{&quot;n&quot;:1}]')
  expect(html).toContain('Updated 0 s ago')

  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000)
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
  const recovered = vi.fn()
  document.body.innerHTML = `<div id="root">${html}</div>`
  const container = document.getElementById('root') as HTMLElement
  const root = hydrateRoot(container, <Page state={state} server={server} />, { onRecoverableError: recovered })
  await expect.poll(() => server.streams.length).toBe(1)
  await expect.poll(() => container.querySelector('time')?.textContent).toBe('Updated 0 s ago')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(recovered).not.toHaveBeenCalled()
  expect(complaints).not.toHaveBeenCalled()

  vi.restoreAllMocks()
  server.put('mv', [{ n: 2 }])
  await expect.poll(() => container.textContent).toContain('mv: [{"n":2}]')
  root.unmount()
})

test('rows that came with the page are sent again only if they have changed', async () => {
  const server = new FakeServer()
  server.put('mv', [{ n: 1 }])
  const { html, state } = await rendered(server)
  document.body.innerHTML = `<div id="root">${html}</div>`
  const container = document.getElementById('root') as HTMLElement
  const root = hydrateRoot(container, <Page state={state} server={server} />)
  await expect.poll(() => server.reads('mv').length).toBeGreaterThan(1)
  expect(
    server
      .reads('mv')
      .map(({ status }) => status)
      .slice(0, 2),
  ).toEqual([200, 304])
  root.unmount()
})

test('what the server cannot read, the browser does', async () => {
  const server = new FakeServer()
  server.down = true
  const queryClient = new QueryClient()
  await prefetchView(queryClient, { url: '', fetch: server.fetch }, 'mv')
  const state = dehydrate(queryClient)
  expect(renderToString(<Page state={state} server={server} />)).toContain('is pending')
  expect(server.streams).toHaveLength(0)
})

test('the QueryClient of the application is used where there is one', async () => {
  const server = new FakeServer()
  server.put('mv', [{ n: 1 }])
  const queryClient = new QueryClient()
  await prefetchView(queryClient, { url: '', fetch: server.fetch }, 'mv')
  const html = renderToString(
    <QueryClientProvider client={queryClient}>
      <TidemarkProvider url="" fetch={server.fetch}>
        <Rows />
      </TidemarkProvider>
    </QueryClientProvider>,
  )
  expect(html).toContain('&quot;n&quot;:1')
})
