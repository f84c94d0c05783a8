import type { SelectStmt } from '@pgsql/types'
import type { SourceRange } from '../../protocol/errors.js'
import type { QueryFacts } from '../facts.js'
import { walk } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import { align, callName, type Written } from './align.js'
import { Extents } from './extent.js'
import type { Place } from './place.js'

/** A query of Tidemark's own, in whose tree a place is: as PostgreSQL wrote it, and perhaps with columns added. */
export interface OwnQuery {
  readonly facts: QueryFacts
  readonly ast: SelectStmt
  /** It is a part of what was written, or put together from parts: its tree does not go side by side with that. */
  readonly apart: boolean
}

/** Finds in a query as the user wrote it what Tidemark has something to say about. */
export class PlaceFinder {
  readonly #tree: SelectStmt
  readonly #bytes: Buffer
  #extents: Extents | undefined
  readonly #aligned = new Map<SelectStmt, ReadonlyMap<object, Written>>()

  constructor(private readonly text: string) {
    this.#tree = parseSelect(text)
    this.#bytes = Buffer.from(text, 'utf8')
  }

  /** Where the place is; undefined where that is not sure. */
  find({ node, clause }: Place, own: OwnQuery): SourceRange | undefined {
    const written = this.#pairsOf(own).get(node) ?? this.#only(node, own)
    if (written === undefined) return undefined
    this.#extents ??= new Extents(this.text)
    const bytes =
      clause === undefined
        ? this.#extents.of(written.kind, written.body)
        : this.#extents.ofClause(written.body as SelectStmt, clause)
    return bytes && this.#range(...bytes)
  }

  #pairsOf({ ast, apart }: OwnQuery): ReadonlyMap<object, Written> {
    const known = this.#aligned.get(ast) ?? (apart ? new Map<object, Written>() : align(ast, this.#tree))
    this.#aligned.set(ast, known)
    return known
  }

  /** What there is one of only, in the whole text and in the ordinary views that it reads, can be nothing else. */
  #only(node: object, { facts, ast }: OwnQuery): Written | undefined {
    const name = nameIn(ast, node)
    if (name === undefined) return undefined
    const views = [...facts.relations.values()].flatMap(({ definition }) => definition ?? [])
    if (views.some((view) => namedIn(parseSelect(view), name).length > 0)) return undefined
    const [only, ...others] = namedIn(this.#tree, name)
    return others.length === 0 ? only : undefined
  }

  #range(from: number, to: number): SourceRange {
    const start = this.#bytes.subarray(0, from).toString('utf8').length
    const end = start + this.#bytes.subarray(from, to).toString('utf8').length
    const first = lineAndColumn(this.text, start)
    const last = lineAndColumn(this.text, end)
    return { ...first, endLine: last.line, endColumn: last.column, start, end }
  }
}

function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

function nameIn(tree: SelectStmt, node: object): string | undefined {
  let found: string | undefined
  walk(tree, (kind, body) => {
    if (body === node) found = nameOf(kind, body)
    return found === undefined ? undefined : false
  })
  return found
}

function namedIn(tree: SelectStmt, name: string): Written[] {
  const found: Written[] = []
  walk(tree, (kind, body) => {
    if (nameOf(kind, body) === name) found.push({ kind, body })
    return undefined
  })
  return found
}

function nameOf(kind: string, body: { readonly [key: string]: unknown }): string | undefined {
  if (kind === 'RangeVar') return `RangeVar ${String(body.relname)}`
  if (kind === 'CommonTableExpr') return `CommonTableExpr ${String(body.ctename)}`
  return kind === 'SubLink' || kind === 'GroupingSet' ? undefined : callName(kind, body)
}
