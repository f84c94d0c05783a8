import type { FoundIndex, FoundView } from './materializedViews.js'

/** A file to be written, by its path from the directory of the configuration. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

const importLine = "import { defineConfig, view } from 'tidemark'"

/** A configuration and a first view, for a database of which nothing is known. */
export function firstProject(configName: string): NewFile[] {
  return [
    {
      path: configName,
      text: `${importLine}

export default defineConfig({
  // The database is named by --database, TIDEMARK_DATABASE_URL or DATABASE_URL; or here:
  // database: process.env.REPORTING_DATABASE_URL,
  views: [
    view('mv_orders_per_day', {
      query: './views/mv_orders_per_day.sql',
      // What tells its rows apart is found from GROUP BY. To say it yourself:
      // key: ['day', 'status'],
      freshness: '5s',
    }),
  ],
})
`,
    },
    {
      path: 'views/mv_orders_per_day.sql',
      text: `-- An example: put a SELECT over your own tables in its place. Then \`tidemark explain\` says how it is kept fresh.
select
  date_trunc('day', o.created_at at time zone 'UTC') as day,
  o.status,
  count(*) as orders,
  sum(o.total) as revenue
from orders o
group by 1, 2
`,
    },
  ]
}

const adopting = `// Written from the materialized views of the database. Each is adopted as it is: \`tidemark run\` refreshes it whole, on time.
// To have one kept fresh incrementally, rename what is there (ALTER MATERIALIZED VIEW … RENAME TO …; once it was applied,
// \`tidemark drop\` it first), remove its line \`storage\`, and run \`tidemark apply\`. \`tidemark explain\` says how it will be maintained.`

/** A configuration of the materialized views that a database has, with a file for the query of each. */
export function projectOf(views: readonly FoundView[], configName: string): NewFile[] {
  const paths = queryPaths(views)
  const entries = views.map((view, index) => viewText(view, paths[index] ?? ''))
  const text = `${importLine}\n\n${adopting}\nexport default defineConfig({\n  views: [\n${entries.join('')}  ],\n})\n`
  return [
    { path: configName, text },
    ...views.map((view, index) => ({ path: paths[index] ?? '', text: queryText(view.query) })),
  ]
}

function viewText(view: FoundView, path: string): string {
  const plain = view.indexes.filter((index) => index.plain)
  const lines = [
    ...(view.description === null ? [] : [`description: ${quote(view.description)},`]),
    // With its schema beside it, a name may hold a dot.
    ...(view.schema === 'public' && !view.name.includes('.') ? [] : [`schema: ${quote(view.schema)},`]),
    `query: ${quote(`./${path}`)},`,
    ...(view.key === undefined ? [] : [`key: ${list(view.key)},`]),
    ...(plain.length === 0 ? [] : [`indexes: [${plain.map(indexText).join(', ')}],`]),
    ...view.indexes.filter((index) => !index.plain).map((index) => `// Not carried over: ${oneLine(index.definition)}`),
    "storage: 'matview',",
    "freshness: '15m',",
  ]
  return `    view(${quote(view.name)}, {\n${lines.map((line) => `      ${line}\n`).join('')}    }),\n`
}

function indexText({ columns, unique, method, where }: FoundIndex): string {
  if (!unique && method === 'btree' && where === null) return list(columns)
  const parts = [`columns: ${list(columns)}`]
  if (unique) parts.push('unique: true')
  if (method !== 'btree') parts.push(`method: ${quote(method)}`)
  if (where !== null) parts.push(`where: ${quote(where)}`)
  return `{ ${parts.join(', ')} }`
}

function list(values: readonly string[]): string {
  return `[${values.map(quote).join(', ')}]`
}

/** A string literal of TypeScript. */
function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** As PostgreSQL writes it back, without the space it begins and the semicolon it ends with. */
function queryText(query: string): string {
  return `${query.replace(/;\s*$/, '').replace(/^ /, '').trimEnd()}\n`
}

function queryPaths(views: readonly FoundView[]): string[] {
  const taken = new Set<string>()
  return views.map(({ schema, name }) => {
    const wanted = schema === 'public' ? name : `${schema}.${name}`
    const base = wanted.replace(/[^\p{L}\p{N}_.-]/gu, '_').replace(/^\.+/, '_')
    let path = `views/${base}.sql`
    // Some file systems do not tell capitals from small letters.
    for (let number = 2; taken.has(path.toLowerCase()); number++) path = `views/${base}-${number}.sql`
    taken.add(path.toLowerCase())
    return path
  })
}
