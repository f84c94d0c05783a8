import { storedColumn } from '../analyze/columnType.js'
import { isSummed } from '../delta/aggregates.js'
import { distinctAsGroups } from '../delta/distinct.js'
import { type AggregateShape, aggregateShape, compared, hasExactGroups } from '../delta/shape.js'
import { isExactType } from '../exactTypes.js'
import type { QueryFacts } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import { resolveColumn } from '../ir/expression.js'
import type { Block } from '../ir/types.js'
import { withoutLimit } from '../keep/limit.js'
import { sameTree } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { hasFineSlices } from '../plan/fineSlices.js'
import { sliceKey } from '../plan/sliceKey.js'
import { wholeSources } from '../plan/sourceKeys.js'
import { isFloating, mayFloat } from './columnFacts.js'
import { isSmallPiece } from './size.js'

/**
 * How well a query can be maintained as it is. 3: by deltas, or by small slices that an index finds. 2: by other slices; or
 * by computing all of it, of nothing but pieces with few rows. 1: the changes of some tables make all of it be recomputed.
 * 0: those of any.
 */
export type Quality = 0 | 1 | 2 | 3

/** `hidden`: it is a piece, of which nothing can be left to the readers. */
export function qualityOf(facts: QueryFacts, hidden: boolean): Quality {
  const quality = byItself(facts, hidden)
  return quality < 2 && readsFewRows(facts) ? 2 : quality
}

function readsFewRows(facts: QueryFacts): boolean {
  const { all } = wholeSources(facts, buildQuery(facts))
  return all.length > 0 && all.every(isSmallPiece)
}

function byItself(facts: QueryFacts, hidden: boolean): Quality {
  const root = hidden ? buildQuery(facts) : unlimited(facts)
  if (root === undefined || root.kind === 'opaque') return 0
  const shape = aggregateShape(asGroups(root, facts), facts)
  if (shape !== undefined && isExactAsFarAsKnown(shape, facts)) return 3
  const { all, whole } = wholeSources(facts, root)
  // One row is soon compared; when it changes, so may every row that is compared with it.
  const many = all.filter(({ keys }) => !keys.some((key) => key.length === 0))
  if (many.length === 0 && all.length > 0) return 3
  if (sliceKey(facts, root).length === 0) return 0
  if (many.every(({ oid }) => whole.has(oid))) return 0
  if (many.some(({ oid }) => whole.has(oid))) return 1
  return hasFineSlices(root, facts) ? 3 : 2
}

/** LIMIT is left to the reading where that can be. */
function unlimited(facts: QueryFacts): Block | undefined {
  const root = buildQuery(facts)
  if (root.kind === 'opaque' || !root.limited) return root
  const without = withoutLimit(root)
  return without && buildQuery({ ...facts, canonical: toSql(without.ast) })
}

/** DISTINCT rows are kept as groups. */
function asGroups(root: Block, facts: QueryFacts): Block {
  const ast = root.kind === 'select' ? distinctAsGroups(root) : root.ast
  return ast === root.ast ? root : buildQuery({ ...facts, canonical: toSql(ast) })
}

/** The types of what the query computes are not known here: it is judged by those of the columns that it reads. */
function isExactAsFarAsKnown(shape: AggregateShape, facts: QueryFacts): boolean {
  const { output } = facts
  const { block } = shape.join
  if (!hasExactGroups(shape, facts)) return false
  return shape.aggregates.every(({ kind, argument, call }) => {
    if (argument === undefined || kind === 'count' || kind.startsWith('bool')) return true
    if (isSummed(kind)) {
      const own = block.outputs.find(({ expression }) => sameTree(expression.ast, call))?.name
      const type = output.find(({ name }) => name === own)?.type ?? ''
      return !isFloating(type) && !mayFloat(block, argument)
    }
    if (!('ColumnRef' in argument)) return true
    const column = resolveColumn(argument.ColumnRef.fields ?? [], block.items)
    const known = column && storedColumn(block.items[column.item], column.column)
    return known === undefined || known.type === '' || isExactType(known) || compared.test(known.type)
  })
}
