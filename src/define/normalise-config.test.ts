import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import type { Duration } from './duration.js'
import { normaliseConfig } from './normalise-config.js'
import { httpSettings } from './normalise-http.js'
import type { ConfigOptions, SharedViewOptions, ViewDefinition, ViewOptions } from './options.js'
import type { configSchema } from './schema/config-schema.js'
import type { defaultsSchema, viewShape } from './schema/view-schema.js'
import { defineConfig, view } from './view.js'

const query = 'select a, count(*) from t group by a'

function normalised(options: Partial<ViewOptions> = {}, config: Partial<ConfigOptions> = {}) {
  const [first] = normaliseConfig(defineConfig({ ...config, views: [view('mv', { query, ...options })] })).views
  if (first === undefined) throw new Error('no view')
  return first
}

describe('defaults', () => {
  test('a view needs a name and a query, and nothing else', () => {
    expect(normalised()).toEqual({
      schema: 'public',
      name: 'mv',
      query,
      indexes: [],
      storage: 'table',
      timeZone: 'UTC',
      dependsOn: [],
      description: null,
      freshnessMs: 5_000,
      schedule: null,
      onChange: null,
      reconcile: { expression: '0 2 * * *', timeZone: 'UTC' },
      maxRunMs: 600_000,
      retry: { initialDelayMs: 1_000, maxDelayMs: 300_000, quarantineAfter: 10 },
      alerts: { slowerThanMs: null, stalerThanMs: 60_000, onFailure: true, onQuarantine: true, onRecovery: true },
      read: {
        public: false,
        guard: null,
        filter: null,
        maxStalenessMs: null,
        whenStale: 'serve',
        cacheForMs: 300_000,
        cacheChosen: false,
        live: false,
      },
    })
  })

  test('so does a configuration need its views alone', () => {
    expect(normaliseConfig({ views: [] })).toEqual({
      config: {
        database: null,
        timeZone: 'UTC',
        worker: { concurrency: 4, pollIntervalMs: 5_000, listen: true, shutdownTimeoutMs: 30_000, name: null },
        alerts: { log: true, webhooks: [], onAlert: null },
        http: httpSettings(undefined),
      },
      views: [],
    })
  })

  test('undefined is the same as left out', () => {
    const config = { database: undefined, defaults: undefined, worker: { name: undefined }, timeZone: undefined }
    const options = { key: undefined, freshness: undefined, alerts: { slowerThan: undefined }, retry: undefined }
    expect(normalised(options, config)).toEqual(normalised())
  })

  test('a view is JSON: it is kept in the catalog', () => {
    const given = normalised({ schedule: { every: '1h' }, indexes: [['a']], key: ['a'] })
    expect(JSON.parse(JSON.stringify(given))).toEqual(given)
  })
})

describe('timing', () => {
  test('freshness', () => {
    expect(normalised({ freshness: '100ms' }).freshnessMs).toBe(100)
    expect(normalised({ freshness: 2_000 }).freshnessMs).toBe(2_000)
    expect(normalised({ freshness: false }).freshnessMs).toBeNull()
    expect(normalised({ storage: 'matview' }).freshnessMs).toBe(60_000)
  })

  test('a schedule or onChange alone leaves no freshness target', () => {
    expect(normalised({ schedule: '@hourly' })).toMatchObject({
      freshnessMs: null,
      schedule: { kind: 'cron', expression: '@hourly', timeZone: 'UTC' },
      alerts: { stalerThanMs: null },
    })
    expect(normalised({ onChange: {} })).toMatchObject({
      freshnessMs: null,
      onChange: { debounceMs: 200, maxWaitMs: 2_000 },
    })
  })

  test('they can be given together', () => {
    expect(normalised({ freshness: '1m', schedule: { every: '10m' }, onChange: { debounce: '1s' } })).toMatchObject({
      freshnessMs: 60_000,
      schedule: { kind: 'interval', everyMs: 600_000 },
      onChange: { debounceMs: 1_000, maxWaitMs: 10_000 },
      alerts: { stalerThanMs: 600_000 },
    })
  })

  test('a cron expression is read by the clock of the view, unless it names one', () => {
    const berlin = { timeZone: 'Europe/Berlin' }
    expect(normalised({ ...berlin, schedule: '0 6 * * *', reconcile: '0 3 * * *' })).toMatchObject({
      schedule: { timeZone: 'Europe/Berlin' },
      reconcile: { expression: '0 3 * * *', timeZone: 'Europe/Berlin' },
    })
    expect(normalised({ ...berlin, schedule: { cron: '0 6 * * *', timeZone: 'Asia/Tokyo' } }).schedule).toEqual({
      kind: 'cron',
      expression: '0 6 * * *',
      timeZone: 'Asia/Tokyo',
    })
    expect(normalised({ schedule: { cron: '0 6 * * *' } }, berlin).schedule).toMatchObject(berlin)
    expect(normalised(berlin).reconcile).toEqual({ expression: '0 2 * * *', timeZone: 'UTC' })
    expect(normalised({ reconcile: false }).reconcile).toBeNull()
  })
})

describe('defaults for all views', () => {
  const defaults: SharedViewOptions = {
    schema: 'app',
    freshness: '1m',
    storage: 'matview',
    maxRunTime: '1h',
    reconcile: false,
    retry: { maxDelay: '1m', quarantineAfter: false },
    alerts: { slowerThan: '10s', onFailure: false },
  }

  test('hold where the view does not say otherwise', () => {
    expect(normalised({}, { defaults })).toMatchObject({
      schema: 'app',
      freshnessMs: 60_000,
      storage: 'matview',
      maxRunMs: 3_600_000,
      reconcile: null,
      retry: { initialDelayMs: 1_000, maxDelayMs: 60_000, quarantineAfter: null },
      alerts: { slowerThanMs: 10_000, onFailure: false, onRecovery: true },
    })
  })

  test('a view that gives any timing takes no timing from them', () => {
    const { freshnessMs, schedule } = normalised({ schedule: '@daily' }, { defaults })
    expect({ freshnessMs, kind: schedule?.kind }).toEqual({ freshnessMs: null, kind: 'cron' })
  })

  test('retry and alerts are merged field by field', () => {
    expect(normalised({ retry: { quarantineAfter: 3 }, alerts: { slowerThan: false } }, { defaults })).toMatchObject({
      retry: { maxDelayMs: 60_000, quarantineAfter: 3 },
      alerts: { slowerThanMs: null, onFailure: false },
    })
  })

  test('alerts can be turned off, for one view or for all, and on again', () => {
    const silent = { slowerThanMs: null, stalerThanMs: null, onFailure: false, onQuarantine: false, onRecovery: false }
    expect(normalised({ alerts: false }, { defaults }).alerts).toEqual(silent)
    expect(normalised({}, { defaults: { alerts: false } }).alerts).toEqual(silent)
    expect(normalised({ alerts: {} }, { defaults: { alerts: false } }).alerts).toMatchObject({ onFailure: true })
  })
})

describe('the other options', () => {
  test('key: absent, none, some', () => {
    expect(normalised()).not.toHaveProperty('key')
    expect(normalised({ key: [] }).key).toEqual([])
    expect(normalised({ key: ['a', 'B c'] }).key).toEqual(['a', 'B c'])
  })

  test('indexes', () => {
    const plain = { name: null, unique: false, where: null, method: 'btree' }
    const indexes: ViewOptions['indexes'] = [
      ['a', 'b'],
      { columns: ['a'], unique: true, where: 'a > 0', name: 'by a' },
      { columns: ['doc'], method: 'gin' },
    ]
    expect(normalised({ indexes }).indexes).toEqual([
      { ...plain, columns: ['a', 'b'] },
      { ...plain, columns: ['a'], unique: true, where: 'a > 0', name: 'by a' },
      { ...plain, columns: ['doc'], method: 'gin' },
    ])
  })

  test('dependsOn, description and the name of another schema', () => {
    const { views } = normaliseConfig({
      defaults: { schema: 'app' },
      views: [
        view('mv', { query, dependsOn: ['other', 'reports.third'], description: 'Who did what' }),
        view('mv', { query, schema: 'public' }),
        view('reports.mv', { query }),
      ],
    })
    expect(views.map(({ schema, name }) => `${schema}.${name}`)).toEqual(['app.mv', 'public.mv', 'reports.mv'])
    expect(views[0]).toMatchObject({
      description: 'Who did what',
      dependsOn: [
        { schema: 'app', name: 'other' },
        { schema: 'reports', name: 'third' },
      ],
    })
  })

  test('database, worker and alert channels', () => {
    const onAlert = () => undefined
    const { config } = normaliseConfig({
      database: 'postgres://localhost/x',
      worker: { concurrency: 2, pollInterval: '1s', listen: false, shutdownTimeout: '0s', name: 'one' },
      alerts: { log: false, onAlert, webhook: ['https://a.example/hook', { url: 'http://b.example', timeout: '1s' }] },
      timeZone: 'Asia/Tokyo',
      views: [],
    })
    expect(config).toMatchObject({
      database: 'postgres://localhost/x',
      timeZone: 'Asia/Tokyo',
      worker: { concurrency: 2, pollIntervalMs: 1_000, listen: false, shutdownTimeoutMs: 0, name: 'one' },
      alerts: {
        log: false,
        onAlert,
        webhooks: [
          { url: 'https://a.example/hook', headers: {}, timeoutMs: 10_000 },
          { url: 'http://b.example/', headers: {}, timeoutMs: 1_000 },
        ],
      },
    })
  })

  test('every name that PostgreSQL can hold is kept as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), (name) => {
        fc.pre(Buffer.byteLength(name) < 64)
        const { views } = normaliseConfig({ views: [view(name, { query, schema: 'app' })] })
        expect(views[0]).toMatchObject({ schema: 'app', name })
      }),
    )
  })
})

test('the types for users are those that the schema reads', () => {
  type ViewInput = z.input<z.ZodObject<typeof viewShape>>
  type ConfigInput = z.input<typeof configSchema>
  expectTypeOf<keyof ViewInput>().toEqualTypeOf<keyof ViewDefinition>()
  expectTypeOf<keyof ConfigInput>().toEqualTypeOf<keyof ConfigOptions>()
  expectTypeOf<ViewDefinition>().toExtend<ViewInput>()
  expectTypeOf<ViewInput>().toExtend<ViewDefinition>()
  expectTypeOf<SharedViewOptions>().toExtend<z.input<typeof defaultsSchema>>()
  expectTypeOf<z.input<typeof defaultsSchema>>().toExtend<SharedViewOptions>()
  expectTypeOf<ConfigOptions>().toExtend<ConfigInput>()
  expectTypeOf<ConfigInput>().toExtend<ConfigOptions>()
})

test('what is no duration is an error in the editor already', () => {
  expectTypeOf<'5s' | '1.5 h' | 250>().toExtend<Duration>()
  expectTypeOf<'5 sekonds'>().not.toExtend<Duration>()
  expectTypeOf<'soon'>().not.toExtend<Duration>()
})
