import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { Skeleton, Text, Title } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import { IconHistoryOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { RunTable } from '../activity/RunTable.js'
import { type KnownDetail, useRuns } from '../api/queries.js'
import { compact, count, plural } from '../format/number.js'
import { age, duration, span } from '../format/time.js'
import { Failure } from '../parts/Failure.js'
import { Notice } from '../parts/Notice.js'
import { type Point, pointsOf, quantiles } from './history.js'
import classes from './history.module.css'
import sections from './sections.module.css'

const tableLength = 50

export default function HistoryTab({ view }: { readonly view: KnownDetail }) {
  const runs = useRuns(view.view)
  if (runs.error !== null) return <Failure error={runs.error} retry={() => void runs.refetch()} />
  if (runs.data === undefined) return <Skeleton height={400} aria-label="Loading" />
  if (runs.data.length === 0) {
    return (
      <Notice icon={IconHistoryOff} title="It was not refreshed yet">
        <Text c="dimmed">
          Each refresh that changes something is recorded. A worker makes them (<code>npx tidemark run</code>), or the
          button above.
        </Text>
      </Notice>
    )
  }
  const points = pointsOf(runs.data)
  return (
    <>
      <div className={classes.charts}>
        <DurationChart points={points} />
        {points.some(({ ageBefore }) => ageBefore !== null) && (
          <AgeChart points={points} targetSeconds={view.targetSeconds} />
        )}
        {points.some(({ inserted, updated, deleted }) => inserted + updated + deleted > 0) && (
          <RowsChart points={points} />
        )}
        {points.some(({ slices }) => slices !== null) && <SlicesChart points={points} />}
      </div>
      <div className={sections.sectionHead}>
        <Title order={2}>Runs</Title>
        <Text size="sm" c="dimmed">
          {runs.data.length > tableLength
            ? `the last ${tableLength} of ${count(runs.data.length)} shown above`
            : plural(runs.data.length, 'run')}
        </Text>
      </div>
      <RunTable runs={runs.data.slice(0, tableLength)} withView={false} />
    </>
  )
}

const colors = {
  main: 'tide.6',
  failed: 'red.6',
  inserted: 'teal.6',
  updated: 'tide.6',
  deleted: 'orange.6',
  before: 'gray.5',
} as const

/** What all charts have in common; the newest run is on the right. */
function useChart(points: readonly Point[], format: (value: number) => string) {
  const still = useReducedMotion()
  return {
    h: 200,
    data: points.map((point) => ({ ...point })),
    dataKey: 'at',
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    valueFormatter: format,
    xAxisProps: { tickFormatter: clock, minTickGap: 60, interval: 'preserveStartEnd' as const },
    yAxisProps: { width: 64, tickCount: 4, allowDecimals: format !== compact },
    tooltipAnimationDuration: still ? 0 : 100,
    tooltipProps: { labelFormatter: (at: ReactNode) => clock(Number(at)) },
  }
}

function ageOnAxis(seconds: number): string {
  return seconds > 0 && seconds < 1 ? duration(seconds * 1000) : age(seconds)
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
}

interface PanelProps {
  readonly title: string
  readonly note: string
  readonly children: ReactNode
}

function Panel({ title, note, children }: PanelProps) {
  return (
    <figure className={`surface ${classes.chart}`}>
      <figcaption>
        <Title order={2} fz="sm">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      </figcaption>
      {children}
    </figure>
  )
}

const bars = { maxBarWidth: 28, barProps: { isAnimationActive: false, radius: 1 } }

function DurationChart({ points }: { readonly points: readonly Point[] }) {
  const figures = quantiles(points.flatMap(({ durationMs }) => durationMs ?? []))
  const failed = points.filter(({ failedMs }) => failedMs !== null).length
  const told =
    figures === null
      ? 'none ended well'
      : points.length === 1
        ? duration(figures.median)
        : `median ${duration(figures.median)}, p95 ${duration(figures.p95)}`
  return (
    <Panel title="How long refreshes took" note={failed === 0 ? told : `${told}; ${failed} failed`}>
      <BarChart
        {...useChart(points, duration)}
        {...bars}
        type="stacked"
        series={[
          { name: 'durationMs', label: 'Took', color: colors.main },
          { name: 'failedMs', label: 'Failed after', color: colors.failed },
        ]}
      />
    </Panel>
  )
}

function AgeChart({
  points,
  targetSeconds,
}: {
  readonly points: readonly Point[]
  readonly targetSeconds: number | null
}) {
  const target = targetSeconds === null ? [] : [{ y: targetSeconds, color: 'red.6', label: span(targetSeconds * 1000) }]
  return (
    <Panel
      title="How old rows became"
      note="before each refresh, at most (less if nothing was pending); and right after"
    >
      <LineChart
        {...useChart(points, ageOnAxis)}
        withDots={false}
        curveType="stepAfter"
        strokeWidth={1.5}
        lineProps={{ isAnimationActive: false }}
        referenceLines={target}
        series={[
          { name: 'ageBefore', label: 'Before, at most', color: colors.before },
          { name: 'ageAfter', label: 'After', color: colors.main },
        ]}
      />
    </Panel>
  )
}

function RowsChart({ points }: { readonly points: readonly Point[] }) {
  const total = points.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0)
  return (
    <Panel title="Rows changed" note={`${plural(total, 'row')} written in ${plural(points.length, 'run')}`}>
      <BarChart
        {...useChart(points, compact)}
        {...bars}
        type="stacked"
        series={[
          { name: 'inserted', label: 'Inserted', color: colors.inserted },
          { name: 'updated', label: 'Updated', color: colors.updated },
          { name: 'deleted', label: 'Deleted', color: colors.deleted },
        ]}
      />
    </Panel>
  )
}

function SlicesChart({ points }: { readonly points: readonly Point[] }) {
  const figures = quantiles(points.flatMap(({ slices }) => slices ?? []))
  const note = figures === null ? '' : `median ${count(figures.median)}, p95 ${count(figures.p95)}`
  return (
    <Panel title="Slices recomputed" note={note}>
      <BarChart
        {...useChart(points, compact)}
        {...bars}
        series={[{ name: 'slices', label: 'Slices', color: colors.main }]}
      />
    </Panel>
  )
}
