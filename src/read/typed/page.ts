import { createHash } from 'node:crypto'
import { findColumn } from '../columns.js'
import { invalidRead } from '../errors.js'
import type { ViewFacts } from '../facts.js'
import type { Condition, OrderTerm } from '../query.js'
import type { Order } from './types.js'

/** By what the rows of a page are ordered: what was asked for, and then the key, which tells the last rows apart. */
export function pageOrder(view: ViewFacts, order: readonly Order<object>[], complete: boolean): OrderTerm[] {
  const asked = order.map((term): OrderTerm => {
    const { column, descending = false, nulls } = typeof term === 'string' ? { column: term as string } : term
    findColumn(view, column)
    return { column: { column, steps: [] }, descending, ...(nulls === undefined ? {} : { nulls }) }
  })
  const named = new Set(asked.map((term) => term.column.column))
  const rest = complete ? view.key.filter((name) => !named.has(name)) : []
  return [...asked, ...rest.map((name): OrderTerm => ({ column: { column: name, steps: [] }, descending: false }))]
}

/** Where a page ended: exactly, as PostgreSQL writes it, which a Date would cut short. */
export function endOfPage(order: readonly OrderTerm[], values: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify([signature(order), ...values])).toString('base64url')
}

/** @throws TidemarkError READ_INVALID where it is of no page of this order. */
export function afterPage(view: ViewFacts, order: readonly OrderTerm[], after: string): Condition {
  const [signed, ...values] = parse(after)
  const wellFormed = values.every((value) => value === null || typeof value === 'string')
  if (signed !== signature(order) || values.length !== order.length || !wellFormed) {
    throw invalidRead(
      '"after" is not the end of a page of this order.',
      'Pass `next` of the page before, and the same order.',
    )
  }
  const conditions = order.map((term, place): Condition => {
    const equal = order.slice(0, place).map((before, index) => equals(before, values[index] as string | null))
    return { kind: 'and', conditions: [...equal, follows(view, term, values[place] as string | null)] }
  })
  return { kind: 'or', conditions }
}

function equals({ column }: OrderTerm, value: string | null): Condition {
  return value === null
    ? { kind: 'is', column, truth: 'null' }
    : { kind: 'compare', column, operator: 'eq', values: [value] }
}

function follows(view: ViewFacts, { column, descending, nulls }: OrderTerm, value: string | null): Condition {
  const nullsFirst = nulls === undefined ? descending : nulls === 'first'
  if (value === null) return nullsFirst ? { kind: 'is', column, truth: 'not_null' } : { kind: 'or', conditions: [] }
  const beyond: Condition = { kind: 'compare', column, operator: descending ? 'lt' : 'gt', values: [value] }
  const nullable = findColumn(view, column.column).nullable
  if (nullsFirst || !nullable) return beyond
  return { kind: 'or', conditions: [beyond, { kind: 'is', column, truth: 'null' }] }
}

function signature(order: readonly OrderTerm[]): string {
  const terms = order.map(({ column, descending, nulls }) => [column.column, descending, nulls ?? null])
  return createHash('sha256').update(JSON.stringify(terms)).digest('base64url').slice(0, 12)
}

function parse(after: string): unknown[] {
  try {
    const found: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'))
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}
