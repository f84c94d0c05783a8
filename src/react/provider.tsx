'use client'

import { QueryClient, QueryClientContext, QueryClientProvider } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { Live } from './live.js'
import { type RequestOptions, Requests, type Token } from './requests.js'

export interface TidemarkProviderProps extends RequestOptions {
  /**
   * Whose rows these are, where that is not all the same: a user's id. Rows of one are never shown to another. Changing
   * `token` or `url` has the same effect; with `getToken`, only this has.
   */
  readonly scope?: string
  /** Left out: the one of the surrounding QueryClientProvider, or one of its own. */
  readonly queryClient?: QueryClient
  /** How often everything shown is read while events cannot be had, in milliseconds. Default: 10 s. */
  readonly pollInterval?: number
  readonly children?: ReactNode
}

interface Tidemark {
  readonly live: Live
  readonly queryClient: QueryClient
}

const TidemarkContext = createContext<Tidemark | undefined>(undefined)

const defaultPollMs = 10_000

/** One connection to a Tidemark handler, for all that is shown below it. */
export function TidemarkProvider(props: TidemarkProviderProps): ReactNode {
  const { url, token, getToken, fetch, pollInterval = defaultPollMs, children } = props
  const queryClient = useClient(props.queryClient)
  const scope = useScope(props.scope ?? '', url, token, queryClient)
  // biome-ignore lint/correctness/useExhaustiveDependencies: functions are passed on below; they may be new ones each time.
  const tidemark = useMemo(() => {
    const requests = new Requests({ url, token, getToken, fetch })
    return { live: new Live(requests, queryClient, scope, pollInterval), queryClient }
  }, [url, token, scope, queryClient])
  useEffect(() => {
    tidemark.live.requests.update({ url, token, getToken, fetch })
    tidemark.live.pollInterval = pollInterval
  })
  useEffect(() => tidemark.live.start(), [tidemark])
  const shared = <TidemarkContext.Provider value={tidemark}>{children}</TidemarkContext.Provider>
  return <QueryClientProvider client={queryClient}>{shared}</QueryClientProvider>
}

export function useTidemark(): Tidemark {
  const tidemark = useContext(TidemarkContext)
  if (tidemark === undefined) throw new Error('There is no <TidemarkProvider> around this component.')
  return tidemark
}

function useClient(given: QueryClient | undefined): QueryClient {
  const around = useContext(QueryClientContext)
  const [own] = useState(() => (given === undefined && around === undefined ? new QueryClient() : undefined))
  const client = given ?? around ?? own
  if (client === undefined) throw new Error('The QueryClient of <TidemarkProvider> was taken away.')
  return client
}

interface Seen {
  readonly url: string
  readonly token: Token
  readonly changes: number
}

/** Who was asked last in each scope of a QueryClient, which outlives a provider that is shown to one user after the other. */
const lastSeen = new WeakMap<QueryClient, Map<string, Seen>>()

/** Another token may be another user, and another address another database: their rows are other ones. */
function useScope(scope: string, url: string, token: Token, queryClient: QueryClient): string {
  const isSame = (seen: Owner): boolean =>
    seen.url === url && seen.token === token && seen.scope === scope && seen.queryClient === queryClient
  const [seen, setSeen] = useState(() => ownerOf(scope, url, token, queryClient))
  const owner = isSame(seen) ? seen : ownerOf(scope, url, token, queryClient)
  if (!isSame(seen)) setSeen(owner)
  return owner.changes === 0 ? scope : `${scope}#${owner.changes}`
}

interface Owner extends Seen {
  readonly scope: string
  readonly queryClient: QueryClient
}

/** The same as long as address and token are. */
function ownerOf(scope: string, url: string, token: Token, queryClient: QueryClient): Owner {
  const scopes = lastSeen.get(queryClient) ?? new Map<string, Seen>()
  lastSeen.set(queryClient, scopes)
  const last = scopes.get(scope) ?? { url, token, changes: 0 }
  const isSame = last.url === url && last.token === token
  const seen = isSame ? last : { url, token, changes: last.changes + 1 }
  scopes.set(scope, seen)
  return { ...seen, scope, queryClient }
}
