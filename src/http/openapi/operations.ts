import type { HttpAction } from '../../define/http-options.js'
import { ref, type schemas } from './schemas.js'
import { integer, type Schema, text } from './shape.js'

/** One operation apart from those that read rows, which every view has of its own. */
export interface Operation {
  readonly path: string
  readonly method: 'get' | 'post'
  /** What it takes; null: it is open to everybody. */
  readonly action: HttpAction | null
  /** Of one view, or of those that the caller may see: enough that he may do it with one. */
  readonly ofViews: boolean
  readonly description: object
}

type Name = keyof typeof schemas

interface Details {
  readonly id: string
  readonly summary: string
  readonly query?: readonly Schema[]
  readonly body?: Name
  /** The schema of the answer, or its media type where it is not JSON. */
  readonly answer: Name | 'text/plain' | 'text/event-stream' | 'application/json'
}

const page = [
  { name: 'limit', in: 'query', description: 'How many, from 1 to 1000.', schema: { ...integer, default: 100 } },
  { name: 'before', in: 'query', description: 'Only what came before this `id`.', schema: text },
]
const events = [
  {
    name: 'views',
    in: 'query',
    description: 'Names of views, separated by commas; in double quotes where they have one. Default: all.',
    schema: text,
  },
  { name: 'since', in: 'query', description: 'The last `id` that was heard.', schema: text },
  { name: 'Last-Event-ID', in: 'header', description: 'The same, as browsers send it.', schema: text },
]
const ofView = {
  name: 'view',
  in: 'path',
  required: true,
  description: 'Its name, with its schema outside of public.',
  schema: text,
}

function operation(method: 'get' | 'post', path: string, action: HttpAction | null, details: Details): Operation {
  const one = path.includes('{view}')
  const { id, summary, query = [], body, answer } = details
  const parameters = [...(one ? [ofView] : []), ...query]
  return {
    path,
    method,
    action,
    ofViews: one || path === '/api/views' || path === '/api/events',
    description: {
      operationId: id,
      summary,
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: ref(body) } } } }),
      ...(action === null ? { security: [] } : {}),
      responses: {
        200: { description: summary, content: contentOf(answer) },
        default: { description: 'What is wrong.', content: { 'application/problem+json': { schema: ref('Problem') } } },
      },
    },
  }
}

function contentOf(answer: Details['answer']): object {
  if (answer === 'application/json') return { [answer]: { schema: { type: 'object' } } }
  return answer.includes('/') ? { [answer]: { schema: text } } : { 'application/json': { schema: ref(answer as Name) } }
}

const view = '/api/views/{view}'

export const operations: readonly Operation[] = [
  operation('get', '/api/views', 'freshness', {
    id: 'listViews',
    summary: 'How fresh views are',
    answer: 'ViewList',
  }),
  operation('get', view, 'inspect', { id: 'getView', summary: 'All that is known of a view', answer: 'ViewDetail' }),
  operation('get', `${view}/freshness`, 'freshness', {
    id: 'getFreshness',
    summary: 'How fresh a view is',
    answer: 'ViewFreshness',
  }),
  operation('get', `${view}/runs`, 'inspect', {
    id: 'listRunsOfView',
    summary: 'Runs of a view, the newest first',
    query: page,
    answer: 'RunList',
  }),
  operation('post', `${view}/refresh`, 'refresh', {
    id: 'refreshView',
    summary: 'Refreshes a view, or waits for the refresh that is running',
    body: 'RefreshRequest',
    answer: 'RefreshAnswer',
  }),
  operation('post', `${view}/pause`, 'operate', {
    id: 'pauseView',
    summary: 'Pauses a view: it is refreshed only when somebody asks',
    answer: 'OperationAnswer',
  }),
  operation('post', `${view}/resume`, 'operate', {
    id: 'resumeView',
    summary: 'Ends the pause of a view',
    answer: 'OperationAnswer',
  }),
  operation('post', `${view}/bypass`, 'operate', {
    id: 'bypassView',
    summary: 'Has readers given the query itself, or the kept rows again',
    body: 'BypassRequest',
    answer: 'OperationAnswer',
  }),
  operation('post', `${view}/verify`, 'operate', {
    id: 'verifyView',
    summary: 'Compares kept rows with the query',
    answer: 'VerifyAnswer',
  }),
  operation('get', '/api/runs', 'inspect', {
    id: 'listRuns',
    summary: 'Runs of all views, the newest first',
    query: page,
    answer: 'RunList',
  }),
  operation('get', '/api/alerts', 'inspect', {
    id: 'listAlerts',
    summary: 'Alerts, the newest first',
    query: page,
    answer: 'AlertList',
  }),
  operation('get', '/api/lineage', 'inspect', { id: 'getLineage', summary: 'What reads what', answer: 'Lineage' }),
  operation('get', '/api/stats', 'inspect', { id: 'getStats', summary: 'The server itself', answer: 'ServerStats' }),
  operation('get', '/api/deployment', 'inspect', {
    id: 'getDeployment',
    summary: 'What is wrong with what was saved last, under `tidemark dev`',
    answer: 'DeploymentState',
  }),
  operation('get', '/api/events', 'freshness', {
    id: 'listenToEvents',
    summary: 'Live events: the name of each is its type, and its data JSON',
    query: events,
    answer: 'text/event-stream',
  }),
  operation('get', '/metrics', 'metrics', { id: 'getMetrics', summary: 'For Prometheus', answer: 'text/plain' }),
  operation('get', '/healthz', null, { id: 'isAlive', summary: 'The process answers', answer: 'text/plain' }),
  operation('get', '/readyz', null, {
    id: 'isReady',
    summary: 'The database answers, and views are deployed',
    answer: 'text/plain',
  }),
  operation('get', '/openapi.json', null, {
    id: 'describeApi',
    summary: 'This document',
    answer: 'application/json',
  }),
]
