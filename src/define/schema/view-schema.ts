import { z } from 'zod'
import { readName } from '../names.js'
import type { OnChangeOptions, ScheduleOptions, ViewDefinition } from '../options.js'
import type { IndexDefinition, OnChange } from '../types.js'
import { byKind, field, parseInto, strict } from './combinators.js'
import {
  columns,
  cronAlternatives,
  cronOrOff,
  duration,
  durationOrOff,
  identifier,
  off,
  schemaName,
  sqlText,
  timeZone,
  type ZonelessCron,
} from './fields.js'
import { show } from './wording.js'

export type ParsedSchedule = ({ readonly kind: 'cron' } & ZonelessCron) | { readonly kind: 'interval'; everyMs: number }

export const intervalShape = { every: duration(1_000) }

const interval = strict(intervalShape).transform(({ every }): ParsedSchedule => ({ kind: 'interval', everyMs: every }))

const cron = <Input>(schema: z.ZodType<ZonelessCron, Input>) =>
  schema.transform((schedule): ParsedSchedule => ({ kind: 'cron', ...schedule }))

const schedule: z.ZodType<ParsedSchedule, ScheduleOptions> = byKind(
  "a cron expression such as '*/5 * * * *', { cron, timeZone } or { every }",
  {
    string: cron(cronAlternatives.string),
    object: field<Exclude<ScheduleOptions, string>, ParsedSchedule>((value, fail) => {
      const isInterval = typeof value === 'object' && value !== null && 'every' in value
      return parseInto(isInterval ? interval : cron(cronAlternatives.object), value, fail)
    }),
  },
)

export const onChangeShape = { debounce: duration(0).optional(), maxWait: duration(0).optional() }

const onChange: z.ZodType<OnChange, OnChangeOptions> = strict(onChangeShape).transform((options, context) => {
  const debounceMs = options.debounce ?? 200
  const maxWaitMs = options.maxWait ?? 10 * debounceMs
  if (maxWaitMs < debounceMs) {
    context.addIssue({ code: 'custom', path: ['maxWait'], message: `is shorter than debounce (${debounceMs} ms)` })
  }
  return { debounceMs, maxWaitMs }
})

const methods = ['btree', 'hash', 'gin', 'gist', 'spgist', 'brin'] as const

export const indexShape = {
  columns: columns(1),
  unique: z.boolean().optional(),
  where: sqlText.optional(),
  method: z.enum(methods).optional(),
  name: identifier.optional(),
}

const index = strict(indexShape).transform((options, context): IndexDefinition => {
  const method = options.method ?? 'btree'
  const unique = options.unique ?? false
  if (unique && method !== 'btree') {
    context.addIssue({ code: 'custom', path: ['method'], message: `"${method}" cannot be unique; only btree can` })
  }
  return { name: options.name ?? null, columns: options.columns, unique, where: options.where ?? null, method }
})

const columnIndex = columns(1).transform(
  (list): IndexDefinition => ({ name: null, columns: list, unique: false, where: null, method: 'btree' }),
)

const indexes = z
  .array(byKind("a list of columns such as ['a', 'b'], or { columns }", { array: columnIndex, object: index }))
  .readonly()

export const retryShape = {
  initialDelay: duration(1).optional(),
  maxDelay: duration(1).optional(),
  quarantineAfter: byKind('a number of failures, or false', { number: z.int().min(1), boolean: off }).optional(),
}

export const alertRuleShape = {
  slowerThan: durationOrOff(1).optional(),
  stalerThan: durationOrOff(1).optional(),
  onFailure: z.boolean().optional(),
  onQuarantine: z.boolean().optional(),
  onRecovery: z.boolean().optional(),
}

/** Text that stands within parentheses behind WHERE. */
const condition: z.ZodType<string, string> = sqlText.refine((text) => !text.includes(';'), {
  error: 'is a condition, which no semicolon ends',
})

export const readShape = {
  public: z.boolean().optional(),
  guard: condition.optional(),
  filter: condition.optional(),
  maxStaleness: durationOrOff(0).optional(),
  whenStale: z.enum(['serve', 'live', 'error']).optional(),
  cacheFor: durationOrOff(1).optional(),
  live: z.boolean().optional(),
}

/** What `defaults` may hold as well. */
export const sharedShape = {
  schema: schemaName.optional(),
  freshness: durationOrOff(1).optional(),
  schedule: schedule.optional(),
  onChange: onChange.optional(),
  reconcile: cronOrOff.optional(),
  storage: z.enum(['table', 'matview']).optional(),
  alerts: byKind('an object, or false', { object: strict(alertRuleShape), boolean: off }).optional(),
  maxRunTime: duration(1).optional(),
  retry: strict(retryShape).optional(),
  read: strict(readShape).optional(),
}

/** Names of other views; which schema they mean is known later. */
const viewNames = z
  .array(
    field<string, string>((value, fail) => {
      const reading = typeof value === 'string' ? readName(value, undefined, 'public') : { problem: 'is not a name' }
      if ('name' in reading) return value as string
      fail(`${show(value)} ${reading.problem}`)
      return undefined
    }),
  )
  .readonly()

export const viewShape = {
  name: z.string(),
  query: sqlText,
  key: columns(0).optional(),
  indexes: indexes.optional(),
  ...sharedShape,
  timeZone: timeZone.optional(),
  dependsOn: viewNames.optional(),
  description: sqlText.optional(),
}

const definition = strict(viewShape)

/** The name is looked at beside the other fields, so that a wrong field does not hide a wrong name. */
export const viewSchema: z.ZodType<z.output<typeof definition>, ViewDefinition> = field((value, fail) => {
  const problem = nameProblem(value)
  if (problem !== null) fail(problem, ['name'])
  const parsed = parseInto(definition, value, fail)
  return problem === null ? parsed : undefined
})

function nameProblem(value: unknown): string | null {
  const { name, schema } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (typeof name !== 'string') return null
  const reading = readName(name, typeof schema === 'string' ? schema : undefined, 'public')
  return 'problem' in reading ? `${show(name)} ${reading.problem}` : null
}

export const defaultsSchema = strict(sharedShape)

export type ParsedView = z.output<typeof viewSchema>

export type ParsedDefaults = z.output<typeof defaultsSchema>
