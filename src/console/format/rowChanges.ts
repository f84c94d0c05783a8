import type { RefreshAnswer } from '../../protocol/api.js'
import { count, plural } from './number.js'

type Counts = Pick<RefreshAnswer, 'inserted' | 'updated' | 'deleted'>

/** `3 rows inserted, 1 updated`; nothing of what is 0. */
export function changesText({ inserted, updated, deleted }: Counts): string {
  if (inserted === null && updated === null && deleted === null) return 'Rows replaced'
  const parts = [
    [inserted ?? 0, 'inserted'],
    [updated ?? 0, 'updated'],
    [deleted ?? 0, 'deleted'],
  ] as const
  const some = parts.filter(([number]) => number > 0)
  if (some.length === 0) return 'No row changed'
  return some
    .map(([number, verb], index) => (index === 0 ? `${plural(number, 'row')} ${verb}` : `${count(number)} ${verb}`))
    .join(', ')
}
