import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { blocksOf, sectionOf } from '../../src/console/docs/sections.js'
import { changesText } from '../../src/console/format/rowChanges.js'
import { dedented, sqlTokens } from '../../src/console/parts/sqlTokens.js'
import { formatSql } from '../../src/console/view/formatSql.js'
import { pointsOf, quantiles } from '../../src/console/view/history.js'
import { outcomeOf } from '../../src/console/view/outcome.js'
import type { RefreshAnswer, RunRecord } from '../../src/protocol/api.js'
import { errorCodes } from '../../src/protocol/errors.js'

const arena = new URL('../../examples/arena/views/', import.meta.url)
const queries = ['agent_progress', 'lane_score_distribution', 'time_to_first_win', 'weakness_patterns']

describe('SQL', () => {
  test.each(queries)('of %s is coloured, and none of it lost', (name) => {
    const sql = readFileSync(new URL(`${name}.sql`, arena), 'utf8')
    const tokens = sqlTokens(sql)
    expect(tokens.map(({ text }) => text).join('')).toBe(sql)
    const keywords = tokens.filter(({ kind }) => kind === 'keyword').map(({ text }) => text.toLowerCase())
    expect(keywords).toEqual(expect.arrayContaining(['select', 'from']))
  })

  test('keywords in strings, comments and names are none', () => {
    const kinds = (sql: string) => sqlTokens(sql).filter(({ kind }) => kind !== 'other')
    expect(kinds(`'select ''from' "where" -- group\n$x$ order $x$ count(1.5)`)).toEqual([
      { kind: 'string', text: "'select ''from'" },
      { kind: 'name', text: '"where"' },
      { kind: 'comment', text: '-- group' },
      { kind: 'string', text: '$x$ order $x$' },
      { kind: 'function', text: 'count' },
      { kind: 'number', text: '1.5' },
    ])
  })

  test.each([`'not closed`, '$', '"', '/* not closed', 'a - b -> c / d', ''])(
    'of what is odd, as in "%s", nothing is lost',
    (sql) => {
      expect(
        sqlTokens(sql)
          .map(({ text }) => text)
          .join(''),
      ).toBe(sql)
    },
  )

  test('loses the margin of the file it stood in', () => {
    expect(dedented('\n    SELECT a,\n      b\n    FROM t\n  ')).toBe('SELECT a,\n  b\nFROM t')
    expect(dedented('SELECT 1')).toBe('SELECT 1')
    expect(dedented('SELECT a,\n        b\n    FROM t')).toBe('SELECT a,\n    b\nFROM t')
  })

  test('on one long line is laid out', () => {
    const lines = formatSql('select a, count(*) filter (where b is not null) from t group by a').split('\n')
    expect(lines.length).toBeGreaterThan(4)
    expect(lines.join(' ').replace(/\s+/g, '')).toBe('selecta,count(*)filter(wherebisnotnull)fromtgroupbya')
  })
})

describe('the reference', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../docs/reference/${name}.md`, import.meta.url), 'utf8')

  test('says something about each error, in words that can be shown', () => {
    const errors = read('errors')
    for (const code of Object.keys(errorCodes)) {
      const blocks = blocksOf(sectionOf(errors, code) ?? '')
      expect(blocks.length, code).toBeGreaterThan(0)
      for (const { kind, text } of blocks) if (kind !== 'code') expect(text, code).not.toMatch(/\]\(|\*\*/)
    }
  })

  test('has examples for a reason, and does not run on into the next', () => {
    const blocks = blocksOf(sectionOf(read('reasons'), 'no_slice_key') ?? '')
    expect(blocks.filter(({ kind }) => kind === 'code')).toHaveLength(2)
    expect(JSON.stringify(blocks)).not.toContain('key_not_derivable')
    expect(sectionOf(read('reasons'), 'no_such_code')).toBeUndefined()
  })
})

const answer: RefreshAnswer = {
  view: 'v',
  mode: 'incremental',
  joined: false,
  slices: 12,
  inserted: 3,
  updated: 1,
  deleted: 0,
  durationMs: 41,
  asOf: null,
  epoch: null,
  error: null,
}

describe('what came of an operation', () => {
  test('of a refresh: what changed, and how', () => {
    expect(outcomeOf({ operation: 'refresh', answer })).toEqual({
      tone: 'good',
      title: 'Refreshed in 41\u00a0ms',
      text: '3 rows inserted, 1 updated, 12 slices.',
    })
    expect(outcomeOf({ operation: 'refresh', answer: { ...answer, mode: 'noop' } }).title).toBe('Nothing to do')
    expect(outcomeOf({ operation: 'refresh', answer: { ...answer, joined: true } }).text).toContain('running already')
    expect(changesText({ inserted: 0, updated: 0, deleted: 0 })).toBe('No row changed')
  })

  test('of one that failed: why, and what to do', () => {
    const error = { code: 'REFRESH_FAILED', message: 'division by zero.', hint: 'Use NULLIF.' } as const
    const outcome = outcomeOf({ operation: 'refresh', answer: { ...answer, mode: 'failed', error } })
    expect(outcome).toMatchObject({ tone: 'danger', text: 'division by zero. Use NULLIF.' })
  })

  test('of a comparison that finds a difference: a warning, not a tick', () => {
    const verified = { view: 'v', missing: 0, unexpected: 0, checkedAt: '' }
    expect(outcomeOf({ operation: 'verify', answer: verified }).tone).toBe('good')
    expect(outcomeOf({ operation: 'verify', answer: { ...verified, missing: 1 } })).toMatchObject({ tone: 'danger' })
  })
})

describe('the history of a view', () => {
  const run = (second: number, asOf: number | null): RunRecord => ({
    ...answer,
    id: String(second),
    mode: asOf === null ? 'failed' : 'full',
    startedAt: new Date(second * 1000 - 500).toISOString(),
    finishedAt: new Date(second * 1000).toISOString(),
    asOf: asOf === null ? null : new Date(asOf * 1000).toISOString(),
    worker: null,
  })

  test('is told from the oldest, with how old rows were before and after', () => {
    const points = pointsOf([run(30, 29), run(20, null), run(10, 9)])
    expect(points.map(({ at, ageBefore, ageAfter, failedMs }) => [at, ageBefore, ageAfter, failedMs])).toEqual([
      [10_000, null, 1, null],
      [20_000, 11, null, 41],
      [30_000, 21, 1, null],
    ])
  })

  test('has a middle and an end', () => {
    expect(quantiles([])).toBeNull()
    expect(quantiles([5, 1, 3])).toEqual({ median: 3, p95: 5 })
  })
})
