import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import type { LiveEvent } from '../../protocol/events.js'
import { type ConnectionState, EventConnection } from '../../react/connection.js'
import { requests } from '../api/client.js'
import { keys } from '../api/queries.js'
import { currentToken, onToken } from '../api/token.js'
import { blindAfter, blindAfterAnswer } from './blindness.js'
import { applyEvents, changedBy } from './cache.js'
import { Rereading } from './Rereading.js'

/** Many views can be refreshed at once: what comes within this time is shown together. */
const togetherMs = 120

/**
 * `away`: the server does not answer, and is tried again by itself; `blind`: it does, and does not hear from its database;
 * `denied`: it wants another token.
 */
export type LiveState = 'connecting' | 'live' | 'blind' | 'away' | 'denied'

const liveStates: Readonly<Record<ConnectionState, LiveState>> = {
  idle: 'connecting',
  connecting: 'connecting',
  live: 'live',
  polling: 'away',
  offline: 'away',
}

interface Live {
  readonly state: LiveState
  /** When it became so. */
  readonly since: string
  readonly reconnect: () => void
}

const LiveContext = createContext<Live>({ state: 'connecting', since: '', reconnect: () => {} })

function since(state: LiveState): { state: LiveState; since: string } {
  return { state, since: new Date().toISOString() }
}

export function useLive() {
  return useContext(LiveContext)
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const [stream, setStream] = useState<{ state: LiveState; since: string }>(() => since('connecting'))
  const [blindSince, setBlindSince] = useState<string | null>(null)
  const connection = useRef<EventConnection | null>(null)

  useEffect(() => {
    let waiting: LiveEvent[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    let wasLive = false
    const rereading = new Rereading((queryKey) => void client.invalidateQueries({ queryKey }))
    const flush = (): void => {
      timer = undefined
      const told = waiting
      waiting = []
      applyEvents(client, told)
      rereading.add(changedBy(told))
    }
    const take = (event: LiveEvent): void => {
      waiting.push(event)
      timer ??= setTimeout(flush, togetherMs)
    }
    const events = new EventConnection(requests, {
      onOpen: (_response, goesOn) => {
        // What was saved meanwhile is no part of the history.
        void client.invalidateQueries(goesOn ? { queryKey: keys.deployment } : undefined)
      },
      onEvent: (event) => {
        setBlindSince((before) => blindAfter(before, event))
        take(event)
      },
      onState: (now) => {
        setStream((before) => {
          const next = before.state === 'denied' && now === 'polling' ? 'denied' : liveStates[now]
          return next === before.state ? before : since(next)
        })
        // What waits by now, nobody tells; when somebody does again, all is told.
        if (now === 'live') wasLive = true
        // Of what was just read, nothing has been missed yet.
        if (now === 'live' || (now === 'connecting' && !wasLive)) return
        setBlindSince(null)
        take({ type: 'unwatched', at: new Date().toISOString() })
      },
      onRefused: (_views, { status }) => {
        if (status === 401 || status === 403) setStream(since('denied'))
      },
    })
    connection.current = events
    events.start('all')
    // Of a network that was away, a stream that seems to be open may not know.
    const restart = (): void => {
      events.stop()
      events.start('all')
    }
    const retryWhenSeen = (): void => {
      if (document.visibilityState === 'visible') events.retry()
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
    const unsubscribe = client.getQueryCache().subscribe((event) => {
      setBlindSince((before) => blindAfterAnswer(before, event))
    })
    return () => {
      unsubscribe()
      events.stop()
      clearTimeout(timer)
      rereading.stop()
      forget()
      window.removeEventListener('online', restart)
      document.removeEventListener('visibilitychange', retryWhenSeen)
    }
  }, [client])

  const { state } = stream
  // Queries that failed while the server was away are asked again when it is back.
  const before = useRef(state)
  useEffect(() => {
    if (state === 'live' && before.current !== 'live') {
      void client.refetchQueries({ predicate: (query) => query.state.status === 'error' })
    }
    before.current = state
  }, [state, client])

  const shown = state === 'live' && blindSince !== null ? { state: 'blind' as const, since: blindSince } : stream
  return (
    <LiveContext.Provider value={{ ...shown, reconnect: () => connection.current?.retry() }}>
      {children}
    </LiveContext.Provider>
  )
}
