import { types } from 'pg'
import { findColumn } from '../columns.js'
import { invalidRead } from '../errors.js'
import type { ColumnFacts, ViewFacts } from '../facts.js'
import type { JsonAnswer } from '../options.js'
import type { Condition, OrderTerm, ReadQuery } from '../query.js'
import { afterPage, endOfPage, pageOrder } from './page.js'
import type { Order, ReadRequest, ReadResult } from './types.js'
import { whereOf } from './where.js'

/** A typed read as the one form, and how its answer is read. */
export interface TypedQuery {
  readonly query: ReadQuery
  readonly read: (answer: JsonAnswer) => ReadResult<Record<string, unknown>>
}

export function typedQuery(view: ViewFacts, request: ReadRequest<Record<string, unknown>>): TypedQuery {
  const { select, where, order = [], limit, after } = request
  if (select?.length === 0) throw invalidRead('The read selects no columns.')
  const shown = (select ?? view.columns.map(({ name }) => name)).map((name) => findColumn(view, name))
  const paged = limit !== undefined || after !== undefined
  const terms = pageOrder(view, order as readonly Order<object>[], paged)
  // What the end of the page is told by is read too, and not shown.
  const names = shown.map(({ name }) => name)
  const hidden = paged ? terms.map(({ column }) => column.column).filter((name) => !names.includes(name)) : []
  const columns = [...shown, ...hidden.map((name) => findColumn(view, name))]
  const conditions: Condition[] = [
    ...(where === undefined ? [] : [whereOf(view, where)]),
    ...(after === undefined ? [] : [afterPage(view, terms, after)]),
  ]
  const query: ReadQuery = {
    select: columns.map(({ name }) => ({ source: { column: name, steps: [] } })),
    ...(conditions.length === 0 ? {} : { where: { kind: 'and', conditions } }),
    ...(terms.length === 0 ? {} : { order: terms }),
    ...(limit === undefined ? {} : { limit }),
  }
  const parsers = shown.map(parserOf)
  return { query, read: (answer) => resultOf(answer, { shown, columns, parsers, terms, limit }) }
}

type Parser = (text: string) => unknown

interface Shape {
  readonly shown: readonly ColumnFacts[]
  readonly columns: readonly ColumnFacts[]
  readonly parsers: readonly Parser[]
  readonly terms: readonly OrderTerm[]
  readonly limit: number | undefined
}

function resultOf(answer: JsonAnswer, shape: Shape): ReadResult<Record<string, unknown>> {
  const { shown, columns, parsers, terms, limit } = shape
  const texts = JSON.parse(answer.body) as (string | null)[][]
  const last = texts.at(-1)
  const full = limit !== undefined && limit > 0 && texts.length === limit && last !== undefined && terms.length > 0
  const places = terms.map(({ column }) => columns.findIndex(({ name }) => name === column.column))
  return {
    rows: texts.map((row) =>
      Object.fromEntries(
        shown.map(({ name }, place) => {
          const text = row[place]
          return [name, text === null || text === undefined ? null : parsers[place]?.(text)]
        }),
      ),
    ),
    asOf: answer.asOf,
    stalenessSeconds: answer.stalenessSeconds,
    source: answer.source,
    next: full
      ? endOfPage(
          terms,
          places.map((place) => last[place] ?? null),
        )
      : null,
  }
}

/** As `pg` reads it, by whatever parsers are set there; of a domain, the type that it is made of. */
function parserOf({ baseOid }: ColumnFacts): Parser {
  return types.getTypeParser(baseOid, 'text') as Parser
}
