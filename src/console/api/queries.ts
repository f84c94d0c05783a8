import {
  QueryClient,
  type QueryState,
  type UseQueryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useRef } from 'react'
import type {
  AlertList,
  DeploymentState,
  Lineage,
  OperationAnswer,
  RefreshAnswer,
  RefreshRequest,
  RunList,
  RunRecord,
  VerifyAnswer,
  ViewDetail,
  ViewList,
} from '../../protocol/api.js'
import { TidemarkRequestError } from '../../react/requestError.js'
import type { KnownView } from '../health/known.js'
import { getJson, postJson, segment } from './client.js'

/** How much of the history is asked for, and kept. */
export const historyLength = 200

const firstViewMs = 2_000

/** What failed and may go well by itself, such as while a database is away, is asked for again after this. */
const againMs = 4_000

export const keys = {
  views: ['views'],
  view: (name: string) => ['view', name],
  runs: (name: string) => ['runs', name],
  allRuns: ['allRuns'],
  alerts: ['alerts'],
  lineage: ['lineage'],
  deployment: ['deployment'],
  rows: (name: string) => ['rows', name],
} as const

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Events say what has changed; nothing goes stale by itself.
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        refetchInterval: ({ state }) => askAgainAfter(state),
        retry: (failures, error) => !(error instanceof TidemarkRequestError && error.status !== null) && failures < 2,
      },
    },
  })
}

/** What was asked for; or why there is nothing to show, for as long as there is not: while it is asked for again, too. */
export interface Answer<Data> {
  readonly data: Data | undefined
  readonly error: Error | null
  readonly refetch: () => unknown
}

function useAnswer<Data>(options: UseQueryOptions<Data>): Answer<Data> {
  const { data, error, refetch } = useQuery(options)
  const last = useRef<Error | null>(null)
  if (data !== undefined) last.current = null
  else if (error !== null) last.current = error
  return { data, error: last.current, refetch }
}

export function useViews(): Answer<readonly KnownView[]> {
  return useAnswer({
    queryKey: keys.views,
    queryFn: async ({ signal }): Promise<readonly KnownView[]> => {
      const { views } = await getJson<ViewList>('api/views', signal)
      const toldAt = Date.now()
      return views.map((view) => ({ ...view, toldAt }))
    },
    // Of the first view no event tells: there are none before there is a catalog.
    refetchInterval: ({ state }) => (hasNone(state.data, state.error) ? firstViewMs : askAgainAfter(state)),
  })
}

function askAgainAfter({ status, error }: Pick<QueryState, 'status' | 'error'>): number | false {
  return status === 'error' && error instanceof TidemarkRequestError && error.isPassing ? againMs : false
}

function hasNone(views: readonly KnownView[] | undefined, error: Error | null): boolean {
  if (error !== null) return error instanceof TidemarkRequestError && error.code === 'NOT_DEPLOYED'
  return views?.length === 0
}

export type KnownDetail = ViewDetail & KnownView

export function useView(name: string): Answer<KnownDetail> {
  return useAnswer({
    queryKey: keys.view(name),
    queryFn: async ({ signal }): Promise<KnownDetail> => {
      const view = await getJson<ViewDetail>(`api/views/${segment(name)}`, signal)
      return { ...view, toldAt: Date.now() }
    },
  })
}

export function useRuns(name: string): Answer<readonly RunRecord[]> {
  return useAnswer({
    queryKey: keys.runs(name),
    queryFn: async ({ signal }) =>
      (await getJson<RunList>(`api/views/${segment(name)}/runs?limit=${historyLength}`, signal)).runs,
  })
}

export function useAllRuns(): Answer<readonly RunRecord[]> {
  return useAnswer({
    queryKey: keys.allRuns,
    queryFn: async ({ signal }) => (await getJson<RunList>(`api/runs?limit=${historyLength}`, signal)).runs,
  })
}

export function useAlerts(): Answer<AlertList['alerts']> {
  return useAnswer({
    queryKey: keys.alerts,
    queryFn: async ({ signal }) => (await getJson<AlertList>(`api/alerts?limit=${historyLength}`, signal)).alerts,
  })
}

export function useLineage(): Answer<Lineage> {
  return useAnswer({
    queryKey: keys.lineage,
    queryFn: ({ signal }) => getJson<Lineage>('api/lineage', signal),
  })
}

export function useDeployment(): Answer<DeploymentState> {
  return useAnswer({
    queryKey: keys.deployment,
    queryFn: ({ signal }) => getJson<DeploymentState>('api/deployment', signal),
  })
}

export type Operation = 'refresh' | 'fullRefresh' | 'pause' | 'resume' | 'bypass' | 'restore' | 'verify'

/** What came of an operation. */
export type OperationResult =
  | { readonly operation: 'refresh' | 'fullRefresh'; readonly answer: RefreshAnswer }
  | { readonly operation: 'verify'; readonly answer: VerifyAnswer }
  | { readonly operation: 'pause' | 'resume' | 'bypass' | 'restore'; readonly answer: OperationAnswer }

async function operate(name: string, operation: Operation): Promise<OperationResult> {
  const path = `api/views/${segment(name)}`
  switch (operation) {
    case 'refresh':
    case 'fullRefresh':
      return { operation, answer: await postJson(`${path}/refresh`, refreshBody(operation)) }
    case 'verify':
      return { operation, answer: await postJson(`${path}/verify`) }
    case 'pause':
    case 'resume':
      return { operation, answer: await postJson(`${path}/${operation}`) }
    default:
      return { operation, answer: await postJson(`${path}/bypass`, { on: operation === 'bypass' }) }
  }
}

function refreshBody(operation: 'refresh' | 'fullRefresh'): RefreshRequest {
  return { full: operation === 'fullRefresh' }
}

export function useOperation(name: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (operation: Operation) => operate(name, operation),
    // Its event tells of a refresh that changed something; of one that found nothing to do, and of the rest, nobody.
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.views }),
        client.invalidateQueries({ queryKey: keys.view(name) }),
      ]),
  })
}
