import type { SelectStmt } from '@pgsql/types'
import type { Clause } from './place.js'
import { depthOf, type Token, tokensOf } from './tokens.js'

/** The first and the last token of a piece of a query. */
interface Span {
  readonly first: number
  readonly last: number
}

/**
 * Where pieces of a query begin and end in its text. PostgreSQL's tree says of many nodes where one of their tokens
 * stands, and of none where it ends: that is found by the brackets.
 */
export class Extents {
  readonly #tokens: readonly Token[]
  readonly #places: ReadonlyMap<number, number>

  constructor(text: string) {
    this.#tokens = tokensOf(text)
    this.#places = new Map(this.#tokens.map(({ start }, index) => [start, index]))
  }

  /** The bytes from the first of a node's tokens to the end of its last. */
  of(kind: string, body: object): readonly [number, number] | undefined {
    return this.#bytes(this.#span(kind, body))
  }

  /** The bytes of one clause, from its keyword on. */
  ofClause(select: SelectStmt, clause: Clause): readonly [number, number] | undefined {
    switch (clause) {
      case 'targets':
        return this.#bytes(this.#targets(select))
      case 'group':
        return this.#bytes(this.#fromKeyword(this.#located(select.groupClause), ['group']))
      case 'order':
        return this.#bytes(this.#fromKeyword(this.#located(select.sortClause), ['order'], direction))
      case 'limit': {
        const limit = this.#located([select.limitCount, select.limitOffset])
        return this.#bytes(this.#fromKeyword(limit, ['limit', 'offset', 'fetch'], fetched))
      }
    }
  }

  #bytes(span: Span | undefined): readonly [number, number] | undefined {
    const start = span && this.#tokens[span.first]?.start
    const end = span && this.#tokens[span.last]?.end
    return start === undefined || end === undefined ? undefined : [start, end]
  }

  #span(kind: string, body: object): Span | undefined {
    switch (kind) {
      case 'SelectStmt':
        return this.#select(body as SelectStmt)
      case 'RangeSubselect':
        return this.#subselect(body)
      case 'CommonTableExpr':
        return this.#commonTable(body)
      case 'RangeVar':
      case 'RangeFunction':
        return this.#withAlias(this.#located(body), body)
      default:
        return this.#located(body)
    }
  }

  /** From the first to the last token that something below the node is known to stand at, with what brackets close. */
  #located(tree: unknown): Span | undefined {
    const known = locationsIn(tree).flatMap((location) => this.#places.get(location) ?? [])
    if (known.length === 0) return undefined
    return this.#balanced(Math.min(...known), this.#nameEnd(Math.max(...known)))
  }

  /** `schema.name`, and the brackets of a call that nothing stands in. */
  #nameEnd(start: number): number {
    let last = start
    while (this.#text(last + 1) === '.') last += 2
    return this.#text(last + 1) === '(' && depthOf(this.#tokens[last]) === 0 ? this.#closing(last + 1) : last
  }

  #balanced(start: number, end: number): Span {
    let first = start
    let last = end
    let depth = 0
    let lowest = 0
    for (let index = first; index <= last; index++) {
      depth += depthOf(this.#tokens[index])
      lowest = Math.min(lowest, depth)
    }
    for (; depth > lowest && last + 1 < this.#tokens.length; last++) depth += depthOf(this.#tokens[last + 1])
    // What is closed and was not opened was opened before: `(a + b) * c` is known from `a` on.
    for (let open = 0; open > lowest && first > 0; first--) open -= depthOf(this.#tokens[first - 1])
    return { first, last }
  }

  #select(select: SelectStmt): Span | undefined {
    const own = this.#located(select)
    if (own === undefined) return undefined
    const first = this.#selectStart(select, own)
    const closed = this.#text(first - 1) === '(' ? this.#closing(first - 1) - 1 : own.last
    return { first, last: Math.max(closed, own.last) }
  }

  /** Its own keyword is the nearest one before what it holds: that of a query within stands behind a place of its own. */
  #selectStart(select: SelectStmt, own: Span): number {
    if (select.withClause !== undefined) return this.#places.get(select.withClause.location ?? 0) ?? own.first
    const left = select.larg === undefined ? undefined : this.#located(select.larg)
    if (select.larg !== undefined && left !== undefined) return this.#selectStart(select.larg, left)
    return this.#before(own.first, ['select', 'values', 'table']) ?? own.first
  }

  #subselect(body: object): Span | undefined {
    const { subquery } = body as { subquery?: { SelectStmt?: SelectStmt } }
    const inner = subquery?.SelectStmt && this.#select(subquery.SelectStmt)
    if (inner === undefined) return undefined
    if (this.#text(inner.first - 1) !== '(') return inner
    const first = this.#text(inner.first - 2) === 'lateral' ? inner.first - 2 : inner.first - 1
    return this.#withAlias({ first, last: this.#closing(inner.first - 1) }, body)
  }

  #commonTable(body: object): Span | undefined {
    const first = this.#places.get((body as { location?: number }).location ?? 0)
    if (first === undefined) return undefined
    let open = this.#text(first + 1) === '(' ? this.#closing(first + 1) + 1 : first + 1
    while (open < this.#tokens.length && this.#text(open) !== '(') open++
    return { first, last: this.#closing(open) }
  }

  #withAlias(span: Span | undefined, body: object): Span | undefined {
    const { alias } = body as { alias?: { colnames?: unknown } }
    if (span === undefined || alias === undefined) return span
    const last = this.#text(span.last + 1) === 'as' ? span.last + 2 : span.last + 1
    return { ...span, last: alias.colnames === undefined ? last : this.#closing(last + 1) }
  }

  #targets({ targetList = [] }: SelectStmt): Span | undefined {
    const all = this.#located(targetList)
    const final = targetList.at(-1)
    const named = final !== undefined && 'ResTarget' in final && final.ResTarget.name !== undefined
    if (all === undefined || !named) return all
    return { ...all, last: this.#text(all.last + 1) === 'as' ? all.last + 2 : all.last + 1 }
  }

  #fromKeyword(span: Span | undefined, keywords: readonly string[], after?: ReadonlySet<string>): Span | undefined {
    const first = span && this.#before(span.first, keywords)
    if (span === undefined || first === undefined) return undefined
    let { last } = span
    while (after?.has(this.#text(last + 1))) last++
    return { first, last }
  }

  #before(index: number, keywords: readonly string[]): number | undefined {
    for (let at = index - 1; at >= 0; at--) if (keywords.includes(this.#text(at))) return at
    return undefined
  }

  /** The token that closes the bracket at this one. */
  #closing(open: number): number {
    let depth = 0
    for (let index = open; index < this.#tokens.length; index++) {
      depth += depthOf(this.#tokens[index])
      if (depth === 0) return index
    }
    return this.#tokens.length - 1
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? ''
  }
}

const direction = new Set(['asc', 'desc', 'nulls', 'first', 'last'])
const fetched = new Set(['row', 'rows', 'only', 'with', 'ties'])

function locationsIn(tree: unknown): number[] {
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, value]) => {
    if (key === 'location') return typeof value === 'number' && value >= 0 ? [value] : []
    return locationsIn(value)
  })
}
