import { type Alert, alertKinds } from '../../protocol/alert.js'
import type {
  AlertList,
  DeploymentProblem,
  DeploymentState,
  Lineage,
  LineageEdge,
  LineageNode,
  OperationAnswer,
  ProblemBody,
  RecentRun,
  RefreshAnswer,
  RefreshRequest,
  RunList,
  RunRecord,
  VerifyAnswer,
  ViewColumn,
  ViewDetail,
  ViewIndex,
  ViewList,
  ViewSizes,
  ViewSummary,
} from '../../protocol/api.js'
import { type ErrorBody, errorCodes, type SourcePosition } from '../../protocol/errors.js'
import { type ViewFreshness, type ViewWarning, viewStates, viewWarnings } from '../../protocol/freshness.js'
import type { CacheStats, CacheTierStats, ServerStats, WorkerStats } from '../../protocol/stats.js'
import type { RestErrorBody } from '../rest/errors.js'
import { flag, integer, listOf, mapOf, nullable, number, oneOf, type Schema, shapeOf, text, time } from './shape.js'

/** No view can have such a name as a component: a dot in it would be written otherwise. */
export function componentName(name: string): string {
  return `api.${name}`
}

export function ref(name: keyof typeof schemas): Schema {
  return { $ref: `#/components/schemas/${componentName(name)}` }
}

const state = oneOf(viewStates)
const maintenance = oneOf(['slice', 'delta', 'full'])
const error = shapeOf<ErrorBody>(
  {
    code: oneOf(Object.keys(errorCodes)),
    message: text,
    hint: text,
    view: text,
    position: shapeOf<SourcePosition>({ file: text, line: integer, column: integer }, 'file'),
    problems: listOf({ type: 'object' }),
  },
  'hint',
  'view',
  'position',
  'problems',
)

const freshness = {
  view: text,
  state,
  epoch: text,
  asOf: nullable(time),
  stalenessSeconds: nullable(number),
  pendingChanges: nullable(integer),
  morePending: flag,
  targetSeconds: nullable(number),
  rows: nullable(integer),
  lastRun: nullable(time),
  lastError: nullable(error),
}

const summary = {
  ...freshness,
  description: nullable(text),
  incremental: flag,
  bypassed: flag,
  warnings: listOf(
    shapeOf<ViewWarning>({
      code: oneOf(viewWarnings),
      message: text,
      hint: text,
    }),
  ),
  failures: integer,
  retryAt: nullable(time),
  recentRuns: listOf(shapeOf<RecentRun>({ at: time, durationMs: number, failed: flag })),
}

const detail = shapeOf<ViewDetail>({
  ...summary,
  definition: text,
  key: listOf(text),
  columns: listOf(shapeOf<ViewColumn>({ name: text, type: text, nullable: flag })),
  storage: oneOf(['table', 'matview']),
  settings: { type: 'object', description: 'As they are configured; times in milliseconds.' },
  explanation: { type: 'object', description: 'As `tidemark explain --json` prints it.' },
  indexes: listOf(shapeOf<ViewIndex>({ name: text, definition: text, bytes: number, scans: nullable(number) })),
  sizes: nullable(
    shapeOf<ViewSizes>({
      table: number,
      indexes: number,
      toast: number,
      liveRows: number,
      deadRows: number,
      lastVacuum: nullable(time),
    }),
  ),
  reads: listOf(shapeOf<ViewDetail['reads'][number]>({ name: text, kind: oneOf(['table', 'view']) })),
  readBy: listOf(text),
  createdAt: time,
  changedAt: time,
})

const changes = {
  slices: nullable(integer),
  inserted: nullable(integer),
  updated: nullable(integer),
  deleted: nullable(integer),
}

const run = shapeOf<RunRecord>({
  id: text,
  view: text,
  mode: oneOf(['incremental', 'full', 'failed']),
  startedAt: time,
  finishedAt: time,
  durationMs: number,
  ...changes,
  asOf: nullable(time),
  error: nullable(error),
  worker: nullable(text),
})

const refreshed = shapeOf<RefreshAnswer>({
  view: text,
  mode: oneOf(['incremental', 'full', 'noop', 'skipped', 'failed']),
  joined: flag,
  ...changes,
  durationMs: number,
  asOf: nullable(time),
  epoch: nullable(text),
  error: nullable(error),
})

const alert = shapeOf<Alert & { readonly id: string }>(
  {
    id: text,
    kind: oneOf(alertKinds),
    view: text,
    message: text,
    at: time,
    durationMs: number,
    stalenessSeconds: number,
    limitMs: number,
    failures: integer,
    hint: text,
    error,
    drift: shapeOf<NonNullable<Alert['drift']>>({ inserted: integer, updated: integer, deleted: integer }),
  },
  'durationMs',
  'stalenessSeconds',
  'limitMs',
  'failures',
  'hint',
  'error',
  'drift',
)

const lineage = shapeOf<Lineage>({
  nodes: listOf(
    shapeOf<LineageNode>(
      {
        id: text,
        kind: oneOf(['table', 'view']),
        name: text,
        pending: nullable(integer),
        morePending: flag,
        state,
        rows: nullable(integer),
      },
      'state',
    ),
  ),
  edges: listOf(shapeOf<LineageEdge>({ from: text, to: text, maintenance })),
})

const tier = nullable(shapeOf<CacheTierStats>({ hits: integer, misses: integer, errors: integer }))

const stats = shapeOf<ServerStats>({
  version: text,
  postgres: text,
  startedAt: time,
  pool: shapeOf<ServerStats['pool']>({ busy: integer, waiting: integer, refused: integer }),
  events: shapeOf<ServerStats['events']>({ clients: integer, listening: flag, dropped: integer }),
  requests: integer,
  cache: nullable(shapeOf<CacheStats>({ memory: tier, redis: tier, joined: integer })),
  worker: nullable(
    shapeOf<WorkerStats>({
      name: text,
      online: flag,
      listening: flag,
      leads: flag,
      refreshes: mapOf(integer),
      polls: integer,
      wakeUps: integer,
      alerts: integer,
      undelivered: integer,
    }),
  ),
})

const deployment = shapeOf<DeploymentState>({
  problems: listOf(
    shapeOf<DeploymentProblem>({
      code: nullable(oneOf(Object.keys(errorCodes))),
      message: text,
      hint: nullable(text),
      view: nullable(text),
      excerpt: listOf(text),
    }),
  ),
})

/** By the names that they have in the document. */
export const schemas = {
  ViewList: shapeOf<ViewList>({ views: listOf(shapeOf<ViewSummary>(summary)) }),
  ViewDetail: detail,
  ViewFreshness: shapeOf<ViewFreshness>(freshness),
  RunList: shapeOf<RunList>({ runs: listOf(run) }),
  AlertList: shapeOf<AlertList>({ alerts: listOf(alert) }),
  Lineage: lineage,
  ServerStats: stats,
  DeploymentState: deployment,
  RefreshRequest: shapeOf<RefreshRequest>({ full: flag }, 'full'),
  RefreshAnswer: refreshed,
  BypassRequest: { type: 'object', properties: { on: flag }, required: ['on'] },
  OperationAnswer: shapeOf<OperationAnswer>({ view: text, state, bypassed: flag }),
  VerifyAnswer: shapeOf<VerifyAnswer>({ view: text, missing: integer, unexpected: integer, checkedAt: time }),
  Problem: shapeOf<ProblemBody>(
    { type: text, title: text, status: integer, detail: text, code: oneOf(Object.keys(errorCodes)), hint: text },
    'detail',
    'code',
    'hint',
  ),
  ReadError: shapeOf<RestErrorBody>({ code: text, message: text, details: nullable(text), hint: nullable(text) }),
} satisfies Readonly<Record<string, Schema>>
