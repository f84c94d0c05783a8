import { type Context, Hono } from 'hono'
import type { DeploymentState, ViewList } from '../../protocol/api.js'
import { flag, jsonBody, onlyFields } from '../body.js'
import type { HttpContext } from '../context.js'
import type { DeploymentNotes } from '../deployment.js'
import type { EventHub } from '../events/hub.js'
import { answerEvents } from '../events/route.js'
import { Problem } from '../problem.js'
import { readDetail } from './detail.js'
import { freshnessOf, readFreshness, readSummaries, summaryOf } from './freshness.js'
import { readLineage } from './lineage.js'
import { operate, verify } from './operate.js'
import { Refreshes } from './refresh.js'
import { type Page, readAlerts, readRuns } from './runs.js'
import type { Statistics } from './stats.js'

interface ApiParts {
  readonly hub: EventHub
  readonly statistics: Statistics
  readonly deployment: DeploymentNotes
}

/** What stands below `/api`. */
export function apiRoutes(context: HttpContext, { hub, statistics, deployment }: ApiParts): Hono {
  const app = new Hono({ strict: false })
  const { access } = context
  const inspected = (c: Context) => access.check(c.req.raw, 'inspect', viewName(c))

  app.get('/views', async (c) => answer(await listViews(context, c.req.raw)))
  app.get('/views/:view', async (c) => answer(await readDetail(context, (await inspected(c)).view)))
  app.get('/views/:view/runs', async (c) => {
    const { view } = await inspected(c)
    return answer(await readRuns(context, view.id, pageOf(c)))
  })
  app.get('/views/:view/freshness', async (c) => {
    const caller = access.caller(c.req.raw)
    const { view } = await caller.demandOf('freshness', viewName(c))
    const [row] = await readFreshness(context, [view.id])
    if (row === undefined) throw new Problem('UNKNOWN_VIEW', `There is no view named "${view.name}".`)
    return answer(freshnessOf(row, await caller.may('inspect', view)))
  })
  app.get('/runs', async (c) => {
    await access.check(c.req.raw, 'inspect')
    return answer(await readRuns(context, null, pageOf(c)))
  })
  app.get('/alerts', async (c) => {
    await access.check(c.req.raw, 'inspect')
    return answer(await readAlerts(context, pageOf(c)))
  })
  app.get('/lineage', async (c) => {
    await access.check(c.req.raw, 'inspect')
    return answer(await readLineage(context))
  })
  app.get('/stats', async (c) => {
    await access.check(c.req.raw, 'inspect')
    return answer(await statistics.read())
  })
  app.get('/deployment', async (c) => {
    await access.check(c.req.raw, 'inspect')
    const state: DeploymentState = { problems: deployment.problems }
    return answer(state)
  })
  app.get('/events', (c) => answerEvents(context, hub, c))
  operations(app, context)
  return app
}

function operations(app: Hono, context: HttpContext): void {
  const refreshes = new Refreshes(context)
  const { access, limits } = context
  app.post('/views/:view/refresh', async (c) => {
    const caller = access.caller(c.req.raw)
    const { view } = await caller.demandOf('refresh', viewName(c))
    const body = await jsonBody(c.req.raw, limits)
    onlyFields(body, ['full'])
    return answer(await refreshes.refresh(view, flag(body, 'full') ?? false, await caller.may('inspect', view)))
  })
  for (const kind of ['pause', 'resume'] as const) {
    app.post(`/views/:view/${kind}`, async (c) => {
      const { view } = await access.check(c.req.raw, 'operate', viewName(c))
      onlyFields(await jsonBody(c.req.raw, limits), [])
      return answer(await operate(context, view, { kind }))
    })
  }
  app.post('/views/:view/bypass', async (c) => {
    const { view } = await access.check(c.req.raw, 'operate', viewName(c))
    const body = await jsonBody(c.req.raw, limits)
    onlyFields(body, ['on'])
    const on = flag(body, 'on')
    if (on === undefined) throw new Problem('REQUEST_INVALID', '"on" is required: true or false.')
    return answer(await operate(context, view, { kind: 'bypass', on }))
  })
  app.post('/views/:view/verify', async (c) => {
    const { view } = await access.check(c.req.raw, 'operate', viewName(c))
    onlyFields(await jsonBody(c.req.raw, limits), [])
    return answer(await verify(context, view))
  })
}

async function listViews(context: HttpContext, request: Request): Promise<ViewList> {
  const caller = context.access.caller(request)
  const views = await caller.filter('freshness', await context.views.all())
  if (views.length === 0) await caller.demand('freshness', null)
  const summaries = await readSummaries(
    context,
    views.map(({ id }) => id),
  )
  const detailed = new Set((await caller.filter('inspect', views)).map(({ id }) => id))
  return { views: summaries.map((summary) => summaryOf(summary, detailed.has(summary.id))) }
}

function viewName(c: Context): string {
  return c.req.param('view') ?? ''
}

const mostRuns = 1_000

function pageOf(c: Context): Page {
  const { limit = '100', before } = c.req.query()
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > mostRuns) {
    throw new Problem('REQUEST_INVALID', `"limit" is a number from 1 to ${mostRuns}.`)
  }
  if (before !== undefined && !/^\d{1,18}$/.test(before)) {
    throw new Problem('REQUEST_INVALID', '"before" is the id of a run or an alert.')
  }
  return { limit: Number(limit), before: before ?? null }
}

/** It is another answer the next moment, and one for whoever asked alone. */
function answer(body: object): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}
