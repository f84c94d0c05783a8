import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../../../src/http/rest/columns.js'
import { RestError } from '../../../src/http/rest/errors.js'
import { parseQuery, type RestQuery } from '../../../src/http/rest/parse.js'
import {
  type CastType,
  type ColumnPath,
  type Comparison,
  type Condition,
  castTypes,
  comparisons,
  type PathStep,
  type TextSearch,
  textSearches,
} from '../../../src/read/query.js'
import { printQuery, quote } from './print.js'

const hostile = fc.constantFrom(
  '"',
  "'",
  '\\',
  '\\"',
  ',',
  '.',
  '(',
  ')',
  '{',
  '}',
  '->',
  '->>',
  '::',
  ':',
  '*',
  '%',
  '&',
  '=',
  '+',
  ';',
  '--',
  '/*',
  '$1',
  '$$',
  ' ',
  '\n',
  '\u2028',
  'é',
  '😀',
  'NULL',
  'not.',
  'eq.',
  'in.(',
  'or(',
  'and=(',
)
const text = fc
  .array(fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((value) => !/[\p{Surrogate}\0]/u.test(value))
const name = text.filter((value) => value !== '' && Buffer.byteLength(value) <= 63)

const column: fc.Arbitrary<ColumnPath> = fc.record({
  column: name,
  steps: fc
    .tuple(
      fc.array(fc.oneof(text, fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })), { maxLength: 3 }),
      fc.boolean(),
    )
    .map(([keys, asText]) =>
      keys.map((key, index): PathStep => ({ key, asText: asText && index === keys.length - 1 })),
    ),
})

// An asterisk stands for a percent sign in a pattern.
const value = (operator: Comparison) =>
  operator.endsWith('like') ? text.map((pattern) => pattern.replaceAll('*', '%')) : text

const comparison: fc.Arbitrary<Condition> = fc
  .constantFrom(...(Object.keys(comparisons) as Comparison[]))
  .chain((operator) =>
    fc.record({
      kind: fc.constant('compare'),
      column,
      operator: fc.constant(operator),
      values: fc.tuple(value(operator)),
    }),
  )

const quantified: fc.Arbitrary<Condition> = fc
  .constantFrom<Comparison[]>('eq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'match', 'imatch')
  .chain((operator) =>
    fc.record({
      kind: fc.constant('compare'),
      column,
      operator: fc.constant(operator),
      values: fc.array(value(operator), { maxLength: 3 }),
      quantifier: fc.constantFrom('any', 'all'),
    }),
  )

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  comparison,
  quantified,
  fc.record({ kind: fc.constant('in'), column, values: fc.array(text, { maxLength: 4 }) }),
  fc.record({
    kind: fc.constant('is'),
    column,
    truth: fc.constantFrom('null', 'not_null', 'true', 'false', 'unknown'),
  }),
  fc.record(
    {
      kind: fc.constant('search'),
      column,
      search: fc.constantFrom(...(Object.keys(textSearches) as TextSearch[])),
      words: text,
      language: fc.constantFrom('english', 'my config'),
    },
    { requiredKeys: ['kind', 'column', 'search', 'words'] },
  ),
) as fc.Arbitrary<Condition>

const negated = (condition: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
  fc.oneof(
    condition,
    condition.map((inner): Condition => ({ kind: 'not', condition: inner })),
  )

const condition = fc.letrec<{ condition: Condition; group: Condition }>((tie) => ({
  condition: fc.oneof({ maxDepth: 3 }, negated(leaf), negated(tie('group'))),
  group: fc.record({
    kind: fc.constantFrom('and', 'or'),
    conditions: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
  }) as fc.Arbitrary<Condition>,
})).condition

const query: fc.Arbitrary<RestQuery> = fc.record(
  {
    select: fc.array(
      fc.oneof(
        fc.constant('*' as const),
        fc
          .record(
            { source: column, alias: name, cast: fc.constantFrom(...(Object.keys(castTypes) as CastType[])) },
            { requiredKeys: ['source'] },
          )
          .map((selected) =>
            selected.alias === undefined && selected.source.steps.length > 0
              ? { ...selected, alias: nameOf(selected.source) }
              : selected,
          )
          .filter(({ alias }) => alias === undefined || (alias !== '' && Buffer.byteLength(alias) <= 63)),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    where: condition,
    order: fc.array(
      fc.record(
        { column, descending: fc.boolean(), nulls: fc.constantFrom<'first' | 'last'>('first', 'last') },
        { requiredKeys: ['column', 'descending'] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    limit: fc.nat(),
    offset: fc.nat(),
    fresh: fc.boolean(),
    defaults: fc.boolean(),
  },
  { requiredKeys: ['select', 'fresh', 'defaults'] },
) as fc.Arbitrary<RestQuery>

/** Query strings that are nearly right: what is written for a query, with pieces of the grammar put into it. */
const nearlyRight = fc
  .tuple(query, fc.array(fc.tuple(fc.nat(2_000), fc.nat(3), hostile), { minLength: 1, maxLength: 4 }))
  .map(([asked, changes]) =>
    changes.reduce((written, [at, removed, put]) => {
      const start = at % (written.length + 1)
      return written.slice(0, start) + encodeURIComponent(put) + written.slice(start + removed)
    }, printQuery(asked)),
  )

function mustBeCoded(queryString: string): void {
  try {
    parseQuery(queryString)
  } catch (error) {
    expect(error).toBeInstanceOf(RestError)
    const { status, body } = error as RestError
    expect([400, 416]).toContain(status)
    expect(body.code).toMatch(/^PGRST\d{3}$/)
    expect(JSON.stringify(body).length).toBeLessThan(1_500)
  }
}

describe('any query string is understood, or refused with a code', () => {
  it('of any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), mustBeCoded), { numRuns: 3_000 })
  })

  it('of pieces of the grammar', () => {
    const pieces = fc.array(
      fc.oneof(hostile, fc.constantFrom('select=', 'order=', 'a', 'limit=', '%22', '%2', '\0', '&')),
      {
        maxLength: 30,
      },
    )
    fc.assert(
      fc.property(pieces, (parts) => mustBeCoded(parts.join(''))),
      { numRuns: 5_000 },
    )
  })

  it('that were right before something was put into them', () => {
    fc.assert(fc.property(nearlyRight, mustBeCoded), { numRuns: 3_000 })
  })
})

describe('what is written is understood as it was meant', () => {
  it('for whole queries', () => {
    fc.assert(
      fc.property(query, (asked) => {
        expect(parseQuery(printQuery(asked))).toEqual(asked)
      }),
      { numRuns: 5_000 },
    )
  })

  it('for a value outside of lists, with no quotes around it', () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(parseQuery(`a=eq.${encodeURIComponent(raw)}`).where).toEqual({
          kind: 'compare',
          column: { column: 'a', steps: [] },
          operator: 'eq',
          values: [raw],
        })
      }),
    )
  })

  it('for form encoding, as URLSearchParams writes it', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const written = new URLSearchParams([['a', `in.(${quote(raw)})`]]).toString()
        expect(parseQuery(written).where).toMatchObject({ kind: 'in', values: [raw] })
      }),
    )
  })
})
