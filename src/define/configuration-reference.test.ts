/** docs/reference/configuration.md and the schema, held together in both directions. */
import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../protocol/errors.js'
import { normaliseConfig } from './normalise-config.js'
import { channelShape, configShape, webhookShape, workerShape } from './schema/config-schema.js'
import { cronShape } from './schema/fields.js'
import {
  accessShape,
  cacheShape,
  corsShape,
  freshShape,
  httpShape,
  jwtShape,
  limitShape,
  memoryShape,
  redisShape,
  tokenShape,
} from './schema/http-schema.js'
import {
  alertRuleShape,
  indexShape,
  intervalShape,
  onChangeShape,
  readShape,
  retryShape,
  sharedShape,
  viewShape,
} from './schema/view-schema.js'
import { view } from './view.js'

const page = readFileSync(new URL('../../docs/reference/configuration.md', import.meta.url), 'utf8')

/** The parts under the headings of a level: heading, and text up to the next one. */
function parts(text: string, level: '##' | '###'): Map<string, string> {
  const [, ...found] = `\n${text}`.split(`\n${level} `)
  return new Map(found.map((part) => [part.slice(0, part.indexOf('\n')).replaceAll('`', ''), part]))
}

function chapter(name: string): Map<string, string> {
  return parts(parts(page, '##').get(name) ?? '', '###')
}

const ofConfig = chapter('Options of the configuration')
const ofView = chapter('Options of a view')

/** The first column of the tables of options. */
function rows(text: string | undefined): string[] {
  return [...(text ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => String(name))
}

test('every option has its heading, and every heading is an option', () => {
  expect([...ofConfig.keys()].sort()).toEqual(Object.keys(configShape).sort())
  expect([...ofView.keys()].sort()).toEqual(Object.keys(viewShape).sort())
})

test.each([
  ['worker', ofConfig.get('worker'), [workerShape]],
  ['alerts (channels)', ofConfig.get('alerts'), [channelShape, webhookShape]],
  [
    'http',
    ofConfig.get('http'),
    [
      httpShape,
      accessShape,
      tokenShape,
      jwtShape,
      corsShape,
      limitShape,
      freshShape,
      cacheShape,
      memoryShape,
      redisShape,
    ],
  ],
  ['indexes', ofView.get('indexes'), [indexShape]],
  ['schedule', ofView.get('schedule'), [cronShape, intervalShape]],
  ['onChange', ofView.get('onChange'), [onChangeShape]],
  ['retry', ofView.get('retry'), [retryShape]],
  ['alerts (rules)', ofView.get('alerts'), [alertRuleShape]],
  ['read', ofView.get('read'), [readShape]],
])('the fields of %s are in its tables', (_, text, shapes) => {
  expect(rows(text)).toEqual(shapes.flatMap((shape) => Object.keys(shape)))
})

test('what `defaults` may hold is listed', () => {
  for (const name of Object.keys(sharedShape)) expect(ofConfig.get('defaults')).toContain(`\`${name}\``)
})

test('each option says its type, and its default or that it is required', () => {
  for (const [name, text] of [...ofConfig, ...ofView]) {
    expect(text, name).toMatch(/^- Type: /m)
    expect(text, name).toMatch(/^- (Default: |Required)/m)
  }
})

describe('the examples are accepted', () => {
  const examples = (chapter: Map<string, string>) =>
    [...chapter].flatMap(([name, text]) => {
      const found = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => String(code))
      expect(found, name).not.toHaveLength(0)
      return found.map((code) => [name, runInThisContext(`(view) => ({ ${code} })`)(view)] as const)
    })
  const readQueryFile = () => ({ query: { text: 'select 1' } })

  test.each(examples(ofConfig))('%s', (name, example) => {
    expect(Object.keys(example)).toEqual([name])
    normaliseConfig({ views: [], ...example }, readQueryFile)
  })

  test.each(examples(ofView))('%s of a view', (name, example) => {
    expect(Object.keys(example)).toEqual([name])
    normaliseConfig({ views: [{ name: 'mv', query: 'select 1', ...example }] }, readQueryFile)
  })
})

test('the errors it names exist', () => {
  const named = rows(parts(page, '##').get('When something is wrong'))
  expect(named).not.toHaveLength(0)
  for (const code of named) expect(Object.keys(errorCodes)).toContain(code)
})
