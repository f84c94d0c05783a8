import { cleanup, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, vi } from 'vitest'
import { TidemarkProvider, type TidemarkProviderProps, useView } from '../../../src/react/index.js'
import { FakeServer } from './fakeServer.js'

/** A server and a page for each test; both are gone after it. */
export function usePage() {
  const state = { server: new FakeServer() }
  afterEach(() => {
    cleanup()
    vi.useRealTimers()
    state.server = new FakeServer()
  })
  return {
    get server(): FakeServer {
      return state.server
    },
    show: (children: ReactNode, props: Partial<TidemarkProviderProps> = {}) => {
      const page = (inner: ReactNode, changed: Partial<TidemarkProviderProps>) => (
        <TidemarkProvider url="/tidemark" fetch={atRoot(state.server)} {...props} {...changed}>
          {inner}
        </TidemarkProvider>
      )
      const rendered = render(page(children, {}))
      return {
        ...rendered,
        change: (changed: Partial<TidemarkProviderProps>, inner = children) => rendered.rerender(page(inner, changed)),
      }
    },
    /** Waits until the page shows exactly this somewhere. */
    shows: (text: string | RegExp) => screen.findByText(text),
    /** As long as it takes for anything that was going to happen. */
    settles: async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
    },
    connected: async (streams = 1) => {
      await expect.poll(() => state.server.streams.length).toBe(streams)
    },
  }
}

/** The provider's url is a path on this server. */
function atRoot(server: FakeServer): typeof fetch {
  return (input, init) => server.fetch(String(input).replace(/^\/tidemark/, ''), init)
}

/** A view's rows as JSON, or what there is instead. */
export function Rows({ view = 'mv', query = {} }: { readonly view?: string; readonly query?: object }): ReactNode {
  const { rows, error, isPending } = useView(view, query)
  if (isPending) return <p>{view} is pending</p>
  return (
    <p>
      {view}: {rows === undefined ? 'none' : JSON.stringify(rows)}
      {error === null ? '' : ` but ${error.message}`}
    </p>
  )
}
