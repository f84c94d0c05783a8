import { resolveColumn } from '../ir/expression.js'
import type { SelectBlock } from '../ir/types.js'
import { fingerprint, type Node } from '../parse/ast.js'
import { freshName, target } from './tree.js'

/** The columns of a node, each expression once, named after the column that it is where it is one. */
export class NodeColumns {
  private readonly names = new Map<string, { readonly name: string; readonly ast: Node }>()

  /** Of a node that is made of this query's FROM. */
  constructor(private readonly block: SelectBlock) {}

  get asts(): Node[] {
    return [...this.names.values()].map(({ ast }) => ast)
  }

  get targets(): Node[] {
    return [...this.names.values()].map(({ ast, name }) => target(ast, name))
  }

  add(ast: Node, prefix: string): string {
    const text = fingerprint(this.resolved(ast))
    const known = this.names.get(text)
    if (known !== undefined) return known.name
    const plain = columnName(ast)
    const taken = new Set([...this.names.values()].map(({ name }) => name))
    const free = plain !== undefined && !taken.has(plain)
    const name = free ? plain : freshName([this.block.ast, [...taken]], `${prefix}${this.names.size}`)
    this.names.set(text, { name, ast })
    return name
  }

  /** `g` and `a.g` are one column. */
  private resolved(ast: Node): unknown {
    return ('ColumnRef' in ast ? resolveColumn(ast.ColumnRef.fields ?? [], this.block.items) : undefined) ?? ast
  }
}

function columnName(ast: Node): string | undefined {
  const last = 'ColumnRef' in ast ? ast.ColumnRef.fields?.at(-1) : undefined
  return last !== undefined && 'String' in last ? last.String.sval : undefined
}
