import type { Random } from '../../oracle/random.js'
import { comparable, everyKind, type Kind, looksTheSame } from '../kinds.js'

/** An expression, and what may be done with it. */
export interface Expression {
  readonly sql: string
  readonly kind: Kind
  /** Equal values look the same, so that their text may be used. */
  readonly faithful: boolean
  /** The column of a table that it is. */
  readonly origin?: string
  /** The column of a table that it refers to. */
  readonly target?: string
}

export interface NamedColumn {
  readonly name: string
  readonly kind: Kind
  readonly faithful: boolean
  readonly origin?: string
  readonly target?: string
}

/** Something to read from: a table, an ordinary view, or a maintained one. */
export interface Relation {
  readonly name: string
  readonly columns: readonly NamedColumn[]
  /** Columns that tell its rows apart. */
  readonly identity: readonly string[] | undefined
  readonly construct: string
  readonly references: readonly { readonly table: string }[]
  /** Has children by inheritance. */
  readonly parent: boolean
}

/** The columns that expressions at one place may use. */
export interface Scope {
  readonly columns: readonly Expression[]
  /** Together they tell the rows of the scope apart. */
  readonly identity: readonly Expression[] | undefined
  readonly outer?: Scope
}

export interface Query {
  readonly sql: string
  readonly columns: readonly NamedColumn[]
  /** Columns of its own that tell its rows apart. */
  readonly identity: readonly string[] | undefined
}

/** What the making of one view has in hand: chance, what can be read, and how much may still be made. */
export class Grammar {
  readonly tags: Set<string>
  readonly #left: { budget: number; names: number }

  constructor(
    readonly random: Random,
    readonly relations: readonly Relation[],
    budget: number,
    shared?: Grammar,
  ) {
    this.tags = shared?.tags ?? new Set()
    this.#left = shared === undefined ? { budget, names: 0 } : shared.#left
  }

  /** The same one, with other relations to read. */
  reading(relations: readonly Relation[]): Grammar {
    return new Grammar(this.random, relations, 0, this)
  }

  alias(): string {
    return `q${++this.#left.names}`
  }

  /** A name of a column that says its kind, so that NATURAL only ever joins what can be compared. */
  column(kind: Kind): string {
    const number = ++this.#left.names
    return this.random.chance(0.06) ? `"${kind} ""${number}"` : `${kind}_${number}`
  }

  tag(name: string): void {
    this.tags.add(name)
  }

  /** Whether something that makes the query larger may be made, and with what probability. */
  may(probability: number): boolean {
    if (this.#left.budget <= 0 || !this.random.chance(probability)) return false
    this.#left.budget--
    return true
  }

  /** Runs one of the choices that are possible; a choice that gives nothing leaves the others to be tried. */
  first<Result>(choices: readonly (() => Result | undefined)[], otherwise: () => Result): Result {
    for (let tries = 0; tries < 4; tries++) {
      const made = this.random.pick(choices)()
      if (made !== undefined) return made
    }
    return otherwise()
  }
}

export function ofKind(scope: Scope, kind: Kind): Expression[] {
  return scope.columns.filter((column) => column.kind === kind)
}

export function comparableIn(scope: Scope, kind: Kind): Expression[] {
  return scope.columns.filter((column) => comparable(column.kind, kind))
}

export function usable(scope: Scope): Expression[] {
  return scope.columns.filter(({ kind }) => kind !== 'noisy')
}

/** A kind that some column of the scope has, mostly. */
export function likelyKind(g: Grammar, scope: Scope): Exclude<Kind, 'noisy'> {
  const present = usable(scope)
  if (present.length === 0 || g.random.chance(0.1)) return g.random.pick(everyKind)
  const { kind } = g.random.pick(present)
  return kind === 'noisy' ? 'int' : kind
}

export function expression(sql: string, kind: Kind, faithful = looksTheSame(kind)): Expression {
  return { sql, kind, faithful }
}

/** Columns of which nothing says how equal values are written. */
export function blurred(columns: readonly NamedColumn[]): NamedColumn[] {
  return columns.map((column) => ({ ...column, faithful: looksTheSame(column.kind) }))
}

/** Everything that tells the rows of a scope apart, as a total order. Empty where a column cannot be sorted by. */
export function totalOrder(scope: Scope): string[] {
  const by = scope.identity ?? scope.columns
  return by.map(({ sql }) => sql)
}
