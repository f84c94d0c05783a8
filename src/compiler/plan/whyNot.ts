import type { Block } from '../ir/types.js'
import type { Reason } from '../reasons.js'

/** Why a query has no column along which it can be cut into slices. */
export function whyNoSliceKey(block: Block): Reason {
  if (block.kind === 'opaque') return { code: block.code, reason: `It has ${block.reason}.` }
  if (block.limited) {
    return {
      code: 'limit',
      reason: 'LIMIT or OFFSET picks rows from the whole result, so every change can move any row in or out.',
    }
  }
  if (block.kind === 'set') return { code: 'no_slice_key', reason: 'No column can be followed through every arm.' }
  if (block.groupingSets) {
    return {
      code: 'grouping_sets',
      reason: 'GROUPING SETS, ROLLUP and CUBE put each row into several groups, and these share no column.',
    }
  }
  if (block.group !== undefined && block.group.length === 0) {
    return {
      code: 'aggregate_over_everything',
      reason: 'It aggregates all rows into one, so every change touches the only slice there is.',
    }
  }
  if (block.partitions.some((partition) => partition.length === 0)) {
    return {
      code: 'window_over_everything',
      reason: 'A window function without PARTITION BY looks at all rows at once.',
    }
  }
  if (block.partitions.length > 0) {
    return { code: 'window_over_everything', reason: 'Its window functions share no PARTITION BY column.' }
  }
  const nested = block.items.flatMap((item) => (item.kind === 'block' ? [whyNoSliceKey(item.block)] : []))
  const deeper = nested.find(({ code }) => code !== 'no_slice_key')
  if (deeper !== undefined) return deeper
  return {
    code: 'no_slice_key',
    reason: 'No column of the result (a group, a partition or a plain column) can be followed back to the tables.',
  }
}
