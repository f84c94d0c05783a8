import type { Fragment } from '../fragment.js'
import { ident } from '../fragment.js'
import { columnOf, type Node, names, rewrite, walk } from '../parse/ast.js'
import type { AliasedColumn, KeyPath } from '../plan/types.js'

/** Alias of the rows that a step starts from. */
export const rowAlias = 'p'

/** A column of some alias that a later step of a path reads, and the name under which it is handed on. */
export interface CarriedColumn extends AliasedColumn {
  readonly carried: string
}

/** The columns that the steps of a path hand on, from where they are read to the keys. */
export class CarriedColumns {
  private readonly columns: CarriedColumn[] = []

  constructor({ outputs, joins, searches }: KeyPath) {
    const steps = [...joins, ...searches]
    walk([outputs, steps.map(({ source }) => (source.kind === 'function' ? source.ast : undefined))], (kind, body) => {
      const column = kind === 'ColumnRef' ? aliased(body.fields as readonly Node[]) : undefined
      if (column !== undefined) this.add(column)
      return undefined
    })
    for (const { on } of steps) for (const { other } of on) this.add(other)
  }

  of(alias: string): readonly CarriedColumn[] {
    return this.columns.filter((column) => column.alias === alias)
  }

  reference(column: AliasedColumn): Fragment {
    return ident(rowAlias, this.find(column)?.carried ?? column.column)
  }

  /** An expression over the aliases of a path as one over the rows of a step. */
  rewrite(ast: Node): Node {
    return rewrite(ast, (value) => {
      if (!('ColumnRef' in value)) return undefined
      const column = aliased((value.ColumnRef as { fields?: Node[] }).fields ?? [])
      const found = column && this.find(column)
      return found && columnOf(rowAlias, found.carried)
    })
  }

  private add(column: AliasedColumn): void {
    if (this.find(column) === undefined) this.columns.push({ ...column, carried: `t${this.columns.length}` })
  }

  private find({ alias, column }: AliasedColumn): CarriedColumn | undefined {
    return this.columns.find((candidate) => candidate.alias === alias && candidate.column === column)
  }
}

function aliased(fields: readonly Node[]): AliasedColumn | undefined {
  const [alias, column] = names(fields)
  return alias === undefined || column === undefined ? undefined : { alias, column }
}
