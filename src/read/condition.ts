import { type Fragment, join, sql, trusted } from '../compiler/fragment.js'
import { columnSql, findColumn } from './columns.js'
import { invalidRead } from './errors.js'
import type { ViewFacts } from './facts.js'
import { type Condition, comparisons, textSearches } from './query.js'
import type { BindValues } from './values.js'

const deepest = 50

const truths = {
  null: sql`IS NULL`,
  not_null: sql`IS NOT NULL`,
  true: sql`IS TRUE`,
  false: sql`IS FALSE`,
  unknown: sql`IS UNKNOWN`,
}

export function conditionSql(view: ViewFacts, condition: Condition, values: BindValues, depth = 0): Fragment {
  if (depth > deepest) throw invalidRead(`Conditions are nested more than ${deepest} deep.`)
  const inner = (one: Condition): Fragment => conditionSql(view, one, values, depth + 1)
  switch (condition.kind) {
    case 'and':
      return all(condition.conditions.map(inner))
    case 'or':
      return any(condition.conditions.map(inner))
    case 'not':
      return sql`(NOT ${inner(condition.condition)})`
    case 'compare':
      return compare(view, condition, values)
    case 'in': {
      const column = columnSql(view, condition.column, values)
      const listed = condition.values.map((value) => values.add(value))
      // Of no values; a column that is NULL is in none of them either.
      return listed.length === 0 ? sql`false` : sql`(${column} IN (${join(listed)}))`
    }
    case 'is':
      return sql`(${columnSql(view, condition.column, values)} ${known(truths, condition.truth, 'IS')})`
    case 'search':
      return search(view, condition, values)
    default:
      throw invalidRead('There is no such condition.')
  }
}

function compare(
  view: ViewFacts,
  { column, operator, values: compared, quantifier }: Extract<Condition, { kind: 'compare' }>,
  values: BindValues,
): Fragment {
  const symbol = trusted(known(comparisons, operator, 'comparison'))
  if (operator === 'like' || operator === 'ilike') compared.forEach(checkPattern)
  if (quantifier === undefined && compared.length !== 1) throw invalidRead(`"${operator}" compares with one value.`)
  // Each by itself and not as an array, so that each gets the type of the column, whatever that is.
  const each = compared.map((value) => sql`(${columnSql(view, column, values)} ${symbol} ${values.add(value)})`)
  return quantifier === 'all' ? all(each) : any(each)
}

/** PostgreSQL finds it out at a row that begins so, which may be one that a guard keeps back: the error would tell of it. */
function checkPattern(pattern: string): void {
  const [escapes = ''] = /\\*$/.exec(pattern) ?? []
  if (escapes.length % 2 === 1) throw invalidRead('A pattern must not end with a backslash that escapes nothing.')
}

/** PostgreSQL has room for 32 in a row, and takes one more for a fault of its own: with a code that says nothing of who asked. */
const tooManyNegations: Readonly<Record<string, RegExp>> = { fts: /(?:!\s*){33}/, wfts: /(?:-\s*){33}/ }

function search(
  view: ViewFacts,
  { column, search: asked, words, language }: Extract<Condition, { kind: 'search' }>,
  values: BindValues,
): Fragment {
  const reading = trusted(`pg_catalog.${known(textSearches, asked, 'text search')}`)
  if (tooManyNegations[asked]?.test(words) === true)
    throw invalidRead('The search negates more often than PostgreSQL counts.')
  const searched = columnSql(view, column, values)
  const configuration = language === undefined ? sql`` : sql`${values.text(language)}::pg_catalog.regconfig, `
  const isVector = column.steps.length === 0 && findColumn(view, column.column).base === 'tsvector'
  const vector = isVector ? searched : sql`pg_catalog.to_tsvector(${configuration}${searched})`
  return sql`(${vector} @@ ${reading}(${configuration}${values.text(words)}))`
}

/** One of ours: what a program passes on may have been made elsewhere, and is not believed to be of its type. */
function known<Table extends object>(table: Table, name: keyof Table, what: string): Table[keyof Table] {
  if (!Object.hasOwn(table, name)) throw invalidRead(`There is no ${what} "${String(name)}".`)
  return table[name]
}

export function all(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? sql`true` : sql`(${join(conditions, ' AND ')})`
}

function any(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? sql`false` : sql`(${join(conditions, ' OR ')})`
}
