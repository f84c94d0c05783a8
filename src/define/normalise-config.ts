import { displayName } from './names.js'
import { httpSettings } from './normalise-http.js'
import { normaliseView } from './normalise-view.js'
import { duplicates, type Problem, raise } from './problems.js'
import { isQueryFile, type QueryFileReader, type QueryReading, type QueryText } from './query-file.js'
import { configSchema, type ParsedConfig } from './schema/config-schema.js'
import { wording } from './schema/wording.js'
import type { NormalisedConfig, NormalisedView, WorkerSettings } from './types.js'

/**
 * Checks a configuration and fills in its defaults. All problems are raised together, as one `TidemarkError`:
 * CONFIG_INVALID, or DUPLICATE_VIEW or QUERY_FILE_NOT_FOUND where all of them are that.
 */
export function normaliseConfig(
  input: unknown,
  readQueryFile: QueryFileReader = noFiles,
): { config: NormalisedConfig; views: NormalisedView[] } {
  const parsed = parse(input)
  const timeZone = parsed.timeZone ?? 'UTC'
  const queries = readQueries(parsed, input, readQueryFile)
  const around = { defaults: parsed.defaults ?? {}, timeZone }
  const views = parsed.views.map((view, index) => normaliseView(view, queries[index] as QueryText, around))
  raise([...indexNamesTakenTwice(views), ...dependingOnThemselves(views)], input)
  return {
    config: {
      database: parsed.database === undefined || parsed.database === '' ? null : parsed.database,
      worker: workerSettings(parsed.worker),
      alerts: parsed.alerts ?? { log: true, webhooks: [], onAlert: null },
      http: httpSettings(parsed.http),
      timeZone,
    },
    views,
  }
}

function parse(input: unknown): ParsedConfig {
  const result = configSchema.safeParse(input, { error: wording })
  const wrong = (result.error?.issues ?? []).map(
    (issue): Problem => ({ code: 'CONFIG_INVALID', path: issue.path, message: issue.message }),
  )
  raise([...wrong, ...duplicates(input)], input)
  return result.data as ParsedConfig
}

function readQueries(parsed: ParsedConfig, input: unknown, readQueryFile: QueryFileReader): QueryText[] {
  const problems: Problem[] = []
  const queries = parsed.views.map(({ query }, index): QueryText => {
    const reading: QueryReading = isQueryFile(query) ? readQueryFile(query) : { query: { text: query } }
    if ('query' in reading) return reading.query
    problems.push({ code: reading.code, path: ['views', index, 'query'], message: reading.problem })
    return { text: '' }
  })
  raise(problems, input)
  return queries
}

const noFiles: QueryFileReader = (path) => ({
  code: 'QUERY_FILE_NOT_FOUND',
  problem: `${path} is a file, and a configuration that was not loaded from a file has no directory to look in`,
})

/** All storage is in one schema, where the second index of a name would fail, or be taken for the first. */
function indexNamesTakenTwice(views: readonly NormalisedView[]): Problem[] {
  const owners = new Map<string, string>()
  const problems: Problem[] = []
  views.forEach((view, viewIndex) => {
    view.indexes.forEach(({ name }, index) => {
      if (name === null) return
      const owner = owners.get(name)
      const path = ['views', viewIndex, 'indexes', index, 'name']
      const message = `"${name}" is an index of "${owner}" already; index names are shared by all views`
      if (owner === undefined) owners.set(name, displayName(view))
      else problems.push({ code: 'CONFIG_INVALID', path, message })
    })
  })
  return problems
}

function dependingOnThemselves(views: readonly NormalisedView[]): Problem[] {
  return views.flatMap((view, viewIndex) =>
    view.dependsOn.flatMap((name, index): Problem[] => {
      if (name.schema !== view.schema || name.name !== view.name) return []
      const path = ['views', viewIndex, 'dependsOn', index]
      return [{ code: 'DEPENDENCY_CYCLE', path, message: 'a view cannot depend on itself' }]
    }),
  )
}

function workerSettings(options: ParsedConfig['worker']): WorkerSettings {
  return {
    concurrency: options?.concurrency ?? 4,
    pollIntervalMs: options?.pollInterval ?? 5_000,
    listen: options?.listen ?? true,
    shutdownTimeoutMs: options?.shutdownTimeout ?? 30_000,
    name: options?.name ?? null,
  }
}
