import type { RecentRun } from '../../protocol/api.js'
import { duration } from '../format/time.js'
import classes from './parts.module.css'

const gap = 1

/** What the last refreshes took, the newest on the right; those that failed stand out. */
export function Sparkline({ runs, bars = 30, barWidth = 3, height = 24 }: SparklineProps) {
  const shown = runs.slice(-bars)
  const longest = Math.max(1, ...shown.map(({ durationMs }) => durationMs))
  const width = bars * (barWidth + gap) - gap
  return (
    <svg className={classes.sparkline} width={width} height={height} role="img" aria-label={summary(shown)}>
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className={classes.sparkBase} />
      {shown.map(({ at, durationMs, failed }, index) => {
        const tall = Math.max(2, (durationMs / longest) * (height - 2))
        const x = width - (shown.length - index) * (barWidth + gap) + gap
        return (
          <rect
            key={at}
            x={x}
            y={height - tall}
            width={barWidth}
            height={tall}
            rx={1}
            className={failed ? classes.sparkFailed : classes.sparkBar}
          />
        )
      })}
    </svg>
  )
}

interface SparklineProps {
  readonly runs: readonly RecentRun[]
  readonly bars?: number
  readonly barWidth?: number
  readonly height?: number
}

function summary(runs: readonly RecentRun[]): string {
  if (runs.length === 0) return 'Not refreshed yet.'
  const durations = runs.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  const failed = runs.filter((run) => run.failed).length
  const told = `The last ${runs.length} refreshes took ${duration(median)} (median), ${duration(durations.at(-1) ?? 0)} at most`
  return failed === 0 ? `${told}.` : `${told}; ${failed} failed.`
}
