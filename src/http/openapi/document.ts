import type { ColumnFacts, ViewDescription } from '../../read/index.js'
import type { Caller } from '../access/access.js'
import type { HttpContext } from '../context.js'
import { packageVersion } from '../version.js'
import type { ServedView } from '../views.js'
import { operations } from './operations.js'
import { componentName, ref, schemas } from './schemas.js'

/** OpenAPI 3.1 of what whoever asks may do, and of the views that he may read: https://spec.openapis.org/oas/v3.1.1 */
export async function openApi(context: HttpContext, request: Request, basePath: string): Promise<object> {
  const caller = context.access.caller(request)
  const all = await context.views.all()
  const views = await caller.readable(all)
  const described = await Promise.all(views.map(({ qualified }) => context.reader.describe(qualified)))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Views',
      version: packageVersion(),
      description: 'Views that Tidemark keeps fresh, read as PostgREST’s clients do.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths: {
      ...Object.fromEntries(
        described.map((view) => [`/rest/v1/${encodeURIComponent(view.view)}`, { get: readOf(view) }]),
      ),
      ...(await pathsFor(caller, all)),
    },
    components: {
      schemas: {
        ...Object.fromEntries(described.map((view) => [componentOf(view), rowOf(view)])),
        ...Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [componentName(name), schema])),
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        apikey: { type: 'apiKey', in: 'header', name: 'apikey' },
      },
    },
    security: [{ token: [] }, { apikey: [] }, {}],
  }
}

/** What the caller may do, with some view at least. */
async function pathsFor(caller: Caller, views: readonly ServedView[]): Promise<Record<string, object>> {
  const paths: Record<string, object> = {}
  for (const { path, method, action, ofViews, description } of operations) {
    const may =
      action === null ||
      (await caller.may(action, null)) ||
      (ofViews && (await caller.filter(action, views)).length > 0)
    if (may) paths[path] = { ...paths[path], [method]: description }
  }
  return paths
}

/** Names of components may not have other characters; what is replaced has to stay another name. */
function componentOf({ view }: ViewDescription): string {
  return view.replace(/[^A-Za-z0-9_-]/g, (character) => `.${character.codePointAt(0)?.toString(16)}.`)
}

function rowOf({ columns, description }: ViewDescription): object {
  return {
    type: 'object',
    ...(description === null ? {} : { description }),
    properties: Object.fromEntries(columns.map((column) => [column.name, typeOf(column)])),
    required: columns.map(({ name }) => name),
  }
}

function readOf(view: ViewDescription): object {
  const filters = view.columns.map(({ name, type }) => ({
    name,
    in: 'query',
    description: `A condition on this column (${type}): \`eq.5\`, \`gte.10\`, \`in.(a,b)\`, \`is.null\`, …`,
    schema: { type: 'string' },
  }))
  const row = { $ref: `#/components/schemas/${componentOf(view)}` }
  return {
    operationId: `read.${componentOf(view)}`,
    summary: `Rows of ${view.view}`,
    ...(view.description === null ? {} : { description: view.description }),
    parameters: [...filters, ...ofAllViews.filter(({ name }) => !view.columns.some((column) => column.name === name))],
    responses: {
      200: {
        description: 'Rows, with their age in the headers.',
        headers: {
          'X-Data-Staleness-Seconds': { description: 'How old the rows are at most.', schema: { type: 'number' } },
          ETag: { description: 'Another one when rows have changed.', schema: { type: 'string' } },
        },
        content: {
          'application/json': { schema: { type: 'array', items: row } },
          'application/vnd.pgrst.object+json': { schema: row },
          'text/csv': { schema: { type: 'string' } },
        },
      },
      default: { description: 'What is wrong.', content: { 'application/json': { schema: ref('ReadError') } } },
    },
  }
}

const ofAllViews = [
  { name: 'select', in: 'query', description: 'Columns, with aliases and casts.', schema: { type: 'string' } },
  {
    name: 'order',
    in: 'query',
    description: 'Columns to order by: `total.desc.nullslast`.',
    schema: { type: 'string' },
  },
  { name: 'limit', in: 'query', description: 'The most rows.', schema: { type: 'integer', minimum: 0 } },
  { name: 'offset', in: 'query', description: 'Rows to leave out.', schema: { type: 'integer', minimum: 0 } },
] as const

/** As PostgreSQL writes a value of the type as JSON. */
function typeOf({ type, nullable, labels, kind, base }: ColumnFacts): object {
  const own =
    labels === null ? (jsonTypes[kind === 'domain' ? base : type] ?? otherwise(kind)) : { type: 'string', enum: labels }
  if (!nullable || own.type === undefined) return own
  return { ...own, type: [own.type, 'null'], ...('enum' in own ? { enum: [...own.enum, null] } : {}) }
}

interface JsonType {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
}

/** Arrays, and what has no type of its own in JSON. */
function otherwise(kind: ColumnFacts['kind']): JsonType {
  if (kind === 'array') return { type: 'array' }
  return kind === 'c' ? { type: 'object' } : { type: 'string' }
}

const jsonTypes: Readonly<Record<string, JsonType>> = {
  boolean: { type: 'boolean' },
  smallint: { type: 'integer' },
  integer: { type: 'integer', format: 'int32' },
  bigint: { type: 'integer', format: 'int64' },
  real: { type: 'number' },
  'double precision': { type: 'number' },
  numeric: { type: 'number' },
  json: {},
  jsonb: {},
  date: { type: 'string', format: 'date' },
  'timestamp with time zone': { type: 'string', format: 'date-time' },
  uuid: { type: 'string', format: 'uuid' },
}
