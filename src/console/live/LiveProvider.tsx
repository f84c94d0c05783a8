import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import type { LiveEvent } from '../../protocol/events.js'
import { type ConnectionState, EventConnection } from '../../react/connection.js'
import { requests } from '../api/client.js'
import { keys } from '../api/queries.js'
import { currentToken, onToken } from '../api/token.js'
import { applyEvents, changedBy } from './cache.js'
import { Rereading } from './Rereading.js'

/** Many views can be refreshed at once: what comes within this time is shown together. */
const togetherMs = 120

/** `away`: the server does not answer, and is tried again by itself; `denied`: it wants another token. */
export type LiveState = 'connecting' | 'live' | 'away' | 'denied'

const liveStates: Readonly<Record<ConnectionState, LiveState>> = {
  idle: 'connecting',
  connecting: 'connecting',
  live: 'live',
  polling: 'away',
  offline: 'away',
}

const LiveContext = createContext<{ readonly state: LiveState; readonly reconnect: () => void }>({
  state: 'connecting',
  reconnect: () => {},
})

export function useLive() {
  return useContext(LiveContext)
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  const connection = useRef<EventConnection | null>(null)

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
    const take = (event: LiveEvent): void => {
      waiting.push(event)
      timer ??= setTimeout(flush, togetherMs)
    }
    const stream = new EventConnection(requests, {
      onOpen: (_response, goesOn) => {
        // What was saved meanwhile is no part of the history.
        void client.invalidateQueries(goesOn ? { queryKey: keys.deployment } : undefined)
      },
      onEvent: take,
      onState: (now) => {
        setState((before) => (before === 'denied' && now === 'polling' ? before : liveStates[now]))
        // What waits by now, nobody tells; when somebody does again, all is told.
        if (now !== 'live') take({ type: 'unwatched', at: new Date().toISOString() })
      },
      onRefused: (_views, { status }) => {
        if (status === 401 || status === 403) setState('denied')
      },
    })
    connection.current = stream
    stream.start('all')
    // Of a network that was away, a stream that seems to be open may not know.
    const restart = (): void => {
      stream.stop()
      stream.start('all')
    }
    const retryWhenSeen = (): void => {
      if (document.visibilityState === 'visible') stream.retry()
    }
    let token = currentToken()
    const forget = onToken(() => {
      if (token === currentToken()) return
      token = currentToken()
      restart()
      void client.invalidateQueries()
    })
    window.addEventListener('online', restart)
    document.addEventListener('visibilitychange', retryWhenSeen)
    return () => {
      stream.stop()
      clearTimeout(timer)
      rereading.stop()
      forget()
      window.removeEventListener('online', restart)
      document.removeEventListener('visibilitychange', retryWhenSeen)
    }
  }, [client])

  // Queries that failed while the server was away are asked again when it is back.
  const before = useRef(state)
  useEffect(() => {
    if (state === 'live' && before.current !== 'live') {
      void client.refetchQueries({ predicate: (query) => query.state.status === 'error' })
    }
    before.current = state
  }, [state, client])

  return (
    <LiveContext.Provider value={{ state, reconnect: () => connection.current?.retry() }}>
      {children}
    </LiveContext.Provider>
  )
}
