import { concurrently, plain } from '../kit/peers.js'
import { geometricMean, median } from '../kit/stats.js'
import { digits, lessIsBetter, type Outcome, type Rejected, type Result } from '../kit/types.js'
import type { Measured } from './measured.js'

export function outcomeOf(
  measured: readonly Measured[],
  rejected: readonly Rejected[],
  conditions: Outcome['conditions'],
): Outcome {
  const results = measured.filter(({ failure }) => failure === undefined).flatMap(resultsOf)
  const failed = measured.flatMap(({ failure }) => failure ?? [])
  return { results, conditions, rejected: [...rejected, ...failed], summary: summaryOf(results, measured) }
}

function resultsOf({ name, times, incremental, verified, mode }: Measured): Result[] {
  const ours = median(times.ours)
  const of = { incremental, verified, mode }
  return [
    { ...lessIsBetter(name, ours, concurrently, median(times.concurrently), 'ms'), ...of },
    { ...lessIsBetter(name, ours, plain, median(times.plain), 'ms'), ...of },
  ]
}

function summaryOf(results: readonly Result[], measured: readonly Measured[]): Record<string, number> {
  const compared = results.filter(({ peer }) => peer === concurrently)
  const ratios = compared.map(({ ratio }) => ratio)
  // A view that reads nothing of what changes is compared with a refresh that need not have been.
  const changed = measured.filter((view) => view.changed).map(({ name }) => name)
  const changedRatios = compared.filter((result) => changed.includes(result.case)).map(({ ratio }) => ratio)
  const counts = { 'views measured': ratios.length, incremental: measured.filter((view) => view.incremental).length }
  if (ratios.length === 0) return counts
  return {
    ...counts,
    'geometric mean of the ratios to CONCURRENTLY': digits(geometricMean(ratios)),
    ...(changedRatios.length > 0 && {
      'the same of the views that read what changed': digits(geometricMean(changedRatios)),
    }),
    'least ratio to CONCURRENTLY': Math.min(...ratios),
  }
}
