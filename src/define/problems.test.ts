import { describe, expect, test } from 'vitest'
import type { TidemarkError } from '../protocol/errors.js'
import { normaliseConfig } from './normalise-config.js'
import { view } from './view.js'

const query = 'select a, count(*) from t group by a'

function refused(input: unknown): TidemarkError {
  try {
    normaliseConfig(input)
  } catch (error) {
    return error as TidemarkError
  }
  throw new Error('the configuration was accepted')
}

/** The problems of one view, whose types are not looked at. */
function problems(options: object, config: object = {}): string {
  return refused({ ...config, views: [{ name: 'mv', query, ...options }] }).message
}

describe('problems point at their field', () => {
  test('the view is named, and the hint says where options are described', () => {
    const views = [view('a', { query }), view('b', { query }), { ...view('mv_x', { query }), freshness: '5 sekonds' }]
    const error = refused({ views })
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', view: 'mv_x' })
    expect(error.message).toBe(
      `views[2].freshness ("mv_x"): "5 sekonds" is not a duration; write a number and a unit, such as '500ms', '5s', '2m', '1h' or '1d', or milliseconds as a number`,
    )
    expect(error.hint).toContain('docs/reference/configuration.md')
  })

  test.each([
    [{ query: undefined }, 'views[0].query ("mv"): is required'],
    [{ query: '  ' }, 'views[0].query ("mv"): is empty'],
    [{ query: 'select \0' }, 'views[0].query ("mv"): contains a NUL character'],
    [{ query: 5 }, 'views[0].query ("mv"): expected a string, got 5'],
    [{ name: 'x'.repeat(64) }, 'is 64 bytes long; a PostgreSQL name has at most 63'],
    [{ name: '' }, 'views[0].name (""): "" is empty'],
    [{ name: 'a\0' }, 'NUL'],
    [{ name: undefined }, 'views[0].name: is required'],
    [{ name: 'tidemark.x' }, 'views[0].name ("tidemark.x"): "tidemark.x" names the schema "tidemark"'],
    [{ schema: 'pg_x' }, 'views[0].schema ("mv"): "pg_x" names the schema "pg_x", which is not for views'],
    [{ freshnes: '5s' }, 'views[0].freshnes ("mv"): unknown option; did you mean "freshness"?'],
    [{ zzzzzz: 1 }, 'views[0].zzzzzz ("mv"): unknown option'],
    [{ 'odd name': 1 }, 'views[0]["odd name"] ("mv"): unknown option'],
    [{ freshness: 0 }, 'views[0].freshness ("mv"): 0 is too short: the least is \'1ms\''],
    [{ freshness: true }, 'views[0].freshness ("mv"): true says nothing here'],
    [{ freshness: null }, 'views[0].freshness ("mv"): expected a duration such as \'5s\', or false, got null'],
    [{ freshness: 1e12 }, 'more than a year'],
    [{ schedule: '0 2 * *' }, 'views[0].schedule ("mv"): "0 2 * *" is not a cron expression'],
    [
      { schedule: { cron: '0 2 * * *', timezone: 'UTC' } },
      'views[0].schedule.timezone ("mv"): unknown option; did you mean "timeZone"?',
    ],
    [
      { schedule: { cron: '0 2 * * *', timeZone: 'Mars' } },
      'views[0].schedule.timeZone ("mv"): "Mars" is not a time zone',
    ],
    [{ schedule: { every: '10ms' } }, 'views[0].schedule.every ("mv"): "10ms" is too short: the least is \'1s\''],
    [{ schedule: { every: '1m', cron: '@daily' } }, 'views[0].schedule.cron ("mv"): unknown option'],
    [{ schedule: {} }, 'views[0].schedule.cron ("mv"): is required'],
    [{ schedule: 5 }, 'views[0].schedule ("mv"): expected a cron expression'],
    [{ onChange: { debounce: '5s', maxWait: '1s' } }, 'views[0].onChange.maxWait ("mv"): is shorter than debounce'],
    [{ onChange: true }, 'views[0].onChange ("mv"): expected an object, got true'],
    [{ reconcile: true }, 'views[0].reconcile ("mv"): true says nothing here'],
    [{ storage: 'tabel' }, 'views[0].storage ("mv"): "tabel" is not one of "table", "matview"; did you mean "table"?'],
    [{ timeZone: '+02:00' }, 'views[0].timeZone ("mv"): "+02:00" is not a time zone'],
    [{ key: 'a' }, 'views[0].key ("mv"): expected a list, got "a"'],
    [{ key: ['a', 'a'] }, 'views[0].key[1] ("mv"): "a" is listed twice'],
    [{ key: [5] }, 'views[0].key[0] ("mv"): 5 is not a string'],
    [
      { indexes: ['a'] },
      'views[0].indexes[0] ("mv"): expected a list of columns such as [\'a\', \'b\'], or { columns }, got "a"',
    ],
    [{ indexes: [[]] }, 'views[0].indexes[0] ("mv"): is empty'],
    [{ indexes: [{}] }, 'views[0].indexes[0].columns ("mv"): is required'],
    [{ indexes: [['a'], { columns: ['b', ''] }] }, 'views[0].indexes[1].columns[1] ("mv"): "" is empty'],
    [{ indexes: [{ columns: ['a'], method: 'btre' }] }, 'views[0].indexes[0].method ("mv"): "btre" is not one of'],
    [{ indexes: [{ columns: ['a'], method: 'gin', unique: true }] }, 'only btree can'],
    [
      {
        indexes: [
          { columns: ['a'], name: 'i' },
          { columns: ['b'], name: 'i' },
        ],
      },
      'views[0].indexes[1].name ("mv"): "i" is an index of "mv" already',
    ],
    [{ retry: { quarantineAfter: 0 } }, 'views[0].retry.quarantineAfter ("mv"): 0 is less than 1'],
    [{ retry: { quarantineAfter: 1.5 } }, 'views[0].retry.quarantineAfter ("mv"): expected a whole number, got 1.5'],
    [{ alerts: { slowerThan: '5' } }, 'views[0].alerts.slowerThan ("mv"): "5" is not a duration'],
    [{ alerts: { onFailure: 'yes' } }, 'views[0].alerts.onFailure ("mv"): expected true or false, got "yes"'],
    [{ dependsOn: ['a.b.c'] }, 'views[0].dependsOn[0] ("mv"): "a.b.c" has more than one dot'],
    [{ dependsOn: ['public.mv'] }, 'views[0].dependsOn[0] ("mv"): a view cannot depend on itself'],
    [{ maxRunTime: false }, 'views[0].maxRunTime ("mv"): false is not a duration'],
  ])('%j', (options, message) => {
    expect(problems(options)).toContain(message)
  })

  test.each([
    [undefined, 'the configuration: is required'],
    [null, 'the configuration: expected an object, got null'],
    [() => ({}), 'the configuration: expected an object, got a function'],
    [{}, 'views: is required'],
    [{ views: {} }, 'views: expected a list, got an object'],
    [{ views: [null] }, 'views[0]: expected an object, got null'],
    [{ views: ['mv'] }, 'views[0]: expected an object, got "mv"'],
    [{ views: [], view: 1 }, 'view: unknown option; did you mean "views"?'],
    [{ views: [], defaults: { query: 'x' } }, 'defaults.query: unknown option'],
    [{ views: [], defaults: { schema: 'tidemark' } }, 'defaults.schema: "tidemark" names the schema'],
    [{ views: [], worker: { concurrency: 0 } }, 'worker.concurrency: 0 is less than 1'],
    [{ views: [], worker: { concurrency: 101 } }, 'worker.concurrency: 101 is more than 100'],
    [{ views: [], alerts: { onAlert: 'x' } }, 'alerts.onAlert: expected a function, got "x"'],
    [
      { views: [], alerts: { webhook: { url: 'https://a.example', headers: { a: 1 } } } },
      'alerts.webhook.headers.a: expected a string, got 1',
    ],
    [
      { views: [], alerts: { webhook: ['https://a.example', 'nope'] } },
      'alerts.webhook[1]: is not an http or https address',
    ],
    [{ views: [], timeZone: 5 }, 'timeZone: 5 is not a time zone'],
  ])('%j', (config, message) => {
    expect(refused(config).message).toContain(message)
  })

  test('secrets are not shown', () => {
    const config = { database: 'mysql://u:secret@h', alerts: { webhook: 'ftp://h/secret' }, views: [] }
    expect(refused(config).message).toMatch(
      /^2 problems:\n {2}database: is not a PostgreSQL URL.*\n {2}alerts\.webhook: is not/,
    )
    expect(refused(config).message).not.toContain('secret')
  })

  test('all of them together, and a wrong name beside wrong fields', () => {
    const message = problems({ name: 'x'.repeat(70), freshness: 'soon', key: [''] }, { timeZone: 'Mars' })
    expect(message.split('\n')).toHaveLength(5)
    expect(message).toMatch(/^4 problems:\n/)
    for (const path of ['views[0].name', 'views[0].freshness', 'views[0].key[0]', 'timeZone']) {
      expect(message).toContain(`\n  ${path}`)
    }
  })
})

describe('two views of one name', () => {
  test('are DUPLICATE_VIEW, whichever way the name is written', () => {
    const views = [view('mv', { query }), view('other', { query }), view('public.mv', { query })]
    expect(refused({ views })).toMatchObject({
      code: 'DUPLICATE_VIEW',
      message: 'views[2].name ("public.mv"): views[0] has this name as well (mv)',
    })
    expect(refused({ views: [view('app.mv', { query }), view('mv', { query, schema: 'app' })] }).code).toBe(
      'DUPLICATE_VIEW',
    )
    const shared = { defaults: { schema: 'app' }, views: [view('app.mv', { query }), view('mv', { query })] }
    expect(refused(shared).code).toBe('DUPLICATE_VIEW')
  })

  test('are reported with what else is wrong', () => {
    const views = [view('mv', { query }), view('mv', { query, timeZone: 'Mars' })]
    expect(refused({ views })).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('2 problems') })
  })

  test('capitals and schemas tell views apart', () => {
    const views = [view('mv', { query }), view('MV', { query }), view('app.mv', { query })]
    expect(normaliseConfig({ views }).views).toHaveLength(3)
  })
})

test('a query file needs a configuration file', () => {
  expect(refused({ views: [view('mv', { query: './mv.sql' })] }).code).toBe('QUERY_FILE_NOT_FOUND')
})
