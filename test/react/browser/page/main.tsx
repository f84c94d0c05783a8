/** A page as an application has it: rows of a view, how fresh they are, and a button. */
import { useLayoutEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { Freshness, RefreshButton, TidemarkProvider, useView } from 'tidemark/react'

declare global {
  interface Window {
    /** When the page first showed each order as the newest of its account, in milliseconds since 1970. */
    shownAt: Record<number, number>
  }
}

window.shownAt = {}

const given = new URLSearchParams(location.search)
/** Without events: how often it reads, in milliseconds. */
const poll = given.get('poll')

function Orders() {
  const { rows, error } = useView('live_orders', { order: 'newest.desc', limit: 100 })
  // Runs when the document has the rows.
  useLayoutEffect(() => {
    const now = Date.now()
    for (const { newest } of rows ?? []) window.shownAt[Number(newest)] ??= now
  }, [rows])
  return (
    <main>
      <p id="count">{rows === undefined ? 'none' : rows.reduce((sum, { orders }) => sum + Number(orders), 0)}</p>
      <p id="error">{error?.message}</p>
      <footer>
        <Freshness view="live_orders" />
        <RefreshButton view="live_orders" />
      </footer>
    </main>
  )
}

const withoutEvents: typeof fetch = async (input, init) =>
  String(input).includes('/api/events') ? new Response(null, { status: 404 }) : await fetch(input, init)

createRoot(document.getElementById('root') as HTMLElement).render(
  <TidemarkProvider
    url="/tidemark"
    token={given.get('token')}
    {...(poll === null ? {} : { fetch: withoutEvents, pollInterval: Number(poll) })}
  >
    <Orders />
  </TidemarkProvider>,
)
