import type { RefreshAnswer, VerifyAnswer } from '../../protocol/api.js'
import type { Operation, OperationResult } from '../api/queries.js'
import { plural } from '../format/number.js'
import { changesText } from '../format/rowChanges.js'
import { duration } from '../format/time.js'

export interface Outcome {
  readonly tone: 'good' | 'warning' | 'danger'
  readonly title: string
  readonly text: string
}

/** What came of an operation, for a person. */
export function outcomeOf(result: OperationResult): Outcome {
  switch (result.operation) {
    case 'refresh':
    case 'fullRefresh':
      return refreshOutcome(result.answer)
    case 'verify':
      return verifyOutcome(result.answer)
    case 'pause':
      return good('Paused', 'It is refreshed only when that is asked for. Changes wait in the log.')
    case 'resume':
      return good('Resumed', 'The worker takes in what has been waiting.')
    case 'bypass':
      return good('Bypassed', 'Readers are given the query itself from now on.')
    case 'restore':
      return good('Restored', 'Readers are given the kept rows again.')
  }
}

function good(title: string, text: string): Outcome {
  return { tone: 'good', title, text }
}

function refreshOutcome(answer: RefreshAnswer): Outcome {
  const joined = answer.joined ? ' It was running already; this waited for it.' : ''
  if (answer.mode === 'failed') {
    const { message, hint } = answer.error ?? { message: 'The reason was not told.', hint: undefined }
    return { tone: 'danger', title: 'The refresh failed', text: [message, hint].filter(Boolean).join(' ') }
  }
  if (answer.mode === 'skipped') {
    return { tone: 'warning', title: 'Skipped', text: 'Somebody else refreshes it right now.' }
  }
  if (answer.mode === 'noop') {
    return good('Nothing to do', `No change was waiting: it equals its query as of now.${joined}`)
  }
  const how =
    answer.mode === 'full' ? 'recomputed whole' : answer.slices === null ? 'by deltas' : plural(answer.slices, 'slice')
  return good(`Refreshed in ${duration(answer.durationMs)}`, `${changesText(answer)}, ${how}.${joined}`)
}

function verifyOutcome({ missing, unexpected }: VerifyAnswer): Outcome {
  if (missing === 0 && unexpected === 0) {
    return good('Verified', 'Every kept row equals the query, compared at one snapshot.')
  }
  return {
    tone: 'danger',
    title: 'The rows differ from the query',
    text: `${plural(missing, 'row')} of the query ${missing === 1 ? 'is' : 'are'} not kept, ${plural(unexpected, 'kept row')} should not be there. Recompute everything to mend it, and report this: it should not happen.`,
  }
}

export const runningText: Readonly<Record<Operation, string>> = {
  refresh: 'Refreshing…',
  fullRefresh: 'Recomputing everything…',
  verify: 'Comparing every row with the query…',
  pause: 'Pausing…',
  resume: 'Resuming…',
  bypass: 'Switching readers to the query…',
  restore: 'Switching readers to the kept rows…',
}
