import type { Block } from '../ir/types.js'
import { type Place, placeOf } from './place.js'

/** A place in the query itself. What stands in an ordinary view is where the query reads that view. */
export function outermost(root: Block, place: Place): Place | undefined {
  return isWithin(root.ast, place.node) ? place : placeOfView(root, root, place.node)
}

function placeOfView(root: Block, block: Block, node: object): Place | undefined {
  if (block.kind === 'opaque') return undefined
  const nested = block.kind === 'set' ? block.arms.map((arm) => ({ block: arm, ast: undefined })) : placesIn(block)
  for (const { block: inner, ast } of nested) {
    const found =
      ast === undefined || isWithin(root.ast, inner.ast)
        ? placeOfView(root, inner, node)
        : isBelow(inner, node)
          ? placeOf(ast)
          : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function placesIn(block: Extract<Block, { kind: 'select' }>) {
  return [...block.items, ...block.subqueries].flatMap((part) => ('block' in part ? [part] : []))
}

function isBelow(block: Block, node: object): boolean {
  if (isWithin(block.ast, node)) return true
  if (block.kind === 'set') return block.arms.some((arm) => isBelow(arm, node))
  return block.kind === 'select' && placesIn(block).some((part) => isBelow(part.block, node))
}

function isWithin(tree: unknown, node: object): boolean {
  if (tree === node) return true
  return typeof tree === 'object' && tree !== null && Object.values(tree).some((value) => isWithin(value, node))
}
