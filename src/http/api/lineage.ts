import { fromEveryView, moreColumn, pendingColumn } from '../../engine/freshnessSql.js'
import type { Lineage, LineageEdge, LineageNode } from '../../protocol/api.js'
import type { Explanation } from '../../protocol/explanation.js'
import type { ViewState } from '../../protocol/freshness.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'

interface ViewRow {
  readonly view: string
  readonly state: ViewState
  readonly pending: number | null
  readonly morePending: boolean
  readonly rows: number | null
  readonly explanation: Explanation
}

interface TableRow {
  readonly name: string
  readonly pending: number | null
  readonly morePending: boolean
  readonly rows: number | null
}

const viewsText = `SELECT tidemark.shown_name(v.schema_name, v.view_name) AS view, s.state, ${pendingColumn} AS pending, ${moreColumn} AS "morePending",
    s.row_count::double precision AS rows, v.explanation
  ${fromEveryView} ORDER BY 1`

/** Of each table that a view reads: what waits, and PostgreSQL's estimate of its rows. */
const tablesText = `SELECT named.name, w.pending::double precision, coalesce(w.more, false) AS "morePending", nullif(c.reltuples, -1)::double precision AS rows
  FROM (SELECT DISTINCT source ->> 'table' AS name FROM tidemark.view v CROSS JOIN LATERAL jsonb_array_elements(v.explanation -> 'sources') source
    WHERE v.replaces IS NULL AND NOT v.hidden) AS named
  LEFT JOIN tidemark.waiting_changes() w
    ON named.name = tidemark.shown_name(w.schema_name, w.table_name)
  LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'f', 'm', 'v'))
    ON named.name = tidemark.shown_name(n.nspname, c.relname)
  ORDER BY named.name`

/** What reads what. Views that are kept in pieces are shown as one. */
export async function readLineage(context: HttpContext): Promise<Lineage> {
  const views = await ask<ViewRow>(context, viewsText)
  const deployed = new Set(views.map(({ view }) => view))
  const tables = (await ask<TableRow>(context, tablesText)).filter(({ name }) => !deployed.has(name))
  const idOf = (name: string): string => `${deployed.has(name) ? 'view' : 'table'}:${name}`
  const nodes: LineageNode[] = [
    ...tables.map((table): LineageNode => ({ id: idOf(table.name), kind: 'table', ...table })),
    ...views.map(
      ({ view, state, pending, morePending, rows }): LineageNode => ({
        id: idOf(view),
        kind: 'view',
        name: view,
        state,
        pending,
        morePending,
        rows,
      }),
    ),
  ]
  const edges = views.flatMap(({ view, explanation }) =>
    explanation.sources.map(
      ({ table, maintenance }): LineageEdge => ({ from: idOf(table), to: idOf(view), maintenance }),
    ),
  )
  return { nodes, edges }
}
