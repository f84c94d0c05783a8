import { storedColumn, storedOutput } from '../analyze/columnType.js'
import { isNullable } from '../analyze/nullable.js'
import type { ColumnFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import type { Block, SelectBlock } from '../ir/types.js'
import { type Node, names, walk } from '../parse/ast.js'

const floating = /^(real|double precision|float[48]?)$/

/** Of a type whose sums depend on the order of what is added. */
export function isFloating(type: string): boolean {
  return floating.test(type)
}

/**
 * What can be told of an output column before PostgreSQL has seen the query. The type of what is computed is left empty,
 * save where it may be a floating-point number.
 */
export function columnFactsOf(block: Block, name: string): ColumnFacts {
  const stored = storedOutput(block, name)
  const notNull = !isNullable(block, name)
  if (stored !== undefined) return { ...stored, name, notNull, virtual: false }
  const expression = block.kind === 'select' ? block.outputs.find((output) => output.name === name) : undefined
  const inexact = block.kind === 'select' && expression !== undefined && mayFloat(block, expression.expression.ast)
  const type = inexact ? 'double precision' : ''
  return { name, type, notNull, virtual: false, nondeterministic: false, comparable: true }
}

/** Whether an expression reads or makes floating-point numbers, as far as can be seen. */
export function mayFloat(block: SelectBlock, ast: Node): boolean {
  let found = false
  walk(ast, (kind, body) => {
    if (kind === 'SubLink') return false
    if (kind === 'ColumnRef') {
      const column = resolveColumn((body.fields ?? []) as readonly Node[], block.items)
      const type = column && storedColumn(block.items[column.item], column.column)?.type
      found ||= type !== undefined && isFloating(type)
    }
    if (kind === 'TypeCast') {
      const type = (body.typeName as { names?: readonly Node[] } | undefined)?.names
      found ||= isFloating(names(type).at(-1) ?? '')
    }
    return undefined
  })
  return found
}
