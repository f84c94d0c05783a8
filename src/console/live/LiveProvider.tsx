import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import type { LiveEvent } from '../../protocol/events.js'
import { request } from '../api/client.js'
import { currentToken, onToken } from '../api/token.js'
import { applyEvents, changedBy } from './cache.js'
import { Connection, type ConnectionState } from './connection.js'
import { Rereading } from './Rereading.js'

/** Many views can be refreshed at once: what comes within this time is shown together. */
const togetherMs = 120

const LiveContext = createContext<{ readonly state: ConnectionState; readonly reconnect: () => void }>({
  state: 'connecting',
  reconnect: () => {},
})

export function useLive() {
  return useContext(LiveContext)
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<ConnectionState>('connecting')
  const connection = useRef<Connection | null>(null)

  useEffect(() => {
    let waiting: LiveEvent[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const rereading = new Rereading((queryKey) => void client.invalidateQueries({ queryKey }))
    const flush = (): void => {
      timer = undefined
      const events = waiting
      waiting = []
      applyEvents(client, events)
      rereading.add(changedBy(events))
    }
    const stream = new Connection({
      open: (since, signal) =>
        request('api/events', {
          headers: { accept: 'text/event-stream', ...(since === undefined ? {} : { 'last-event-id': since }) },
          signal,
        }),
      onEvent: ({ type, data }) => {
        waiting.push({ type, ...JSON.parse(data) } as LiveEvent)
        timer ??= setTimeout(flush, togetherMs)
      },
      onState: setState,
      onFreshStart: () => void client.invalidateQueries(),
    })
    connection.current = stream
    stream.restart()
    const restartWhenSeen = (): void => {
      if (document.visibilityState === 'visible' && stateNow.current === 'away') stream.restart()
    }
    const restart = (): void => stream.restart()
    let token = currentToken()
    const forget = onToken(() => {
      if (token === currentToken()) return
      token = currentToken()
      stream.restart()
      void client.invalidateQueries()
    })
    window.addEventListener('online', restart)
    document.addEventListener('visibilitychange', restartWhenSeen)
    return () => {
      stream.close()
      clearTimeout(timer)
      rereading.stop()
      forget()
      window.removeEventListener('online', restart)
      document.removeEventListener('visibilitychange', restartWhenSeen)
    }
  }, [client])

  const stateNow = useRef(state)
  stateNow.current = state

  // Queries that failed while the server was away are asked again when it is back.
  const before = useRef(state)
  useEffect(() => {
    if (state === 'live' && before.current !== 'live') {
      void client.refetchQueries({ predicate: (query) => query.state.status === 'error' })
    }
    before.current = state
  }, [state, client])

  return (
    <LiveContext.Provider value={{ state, reconnect: () => connection.current?.restart() }}>
      {children}
    </LiveContext.Provider>
  )
}
