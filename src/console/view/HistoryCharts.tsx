import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { Text, Title } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { compact, count, plural } from '../format/number.js'
import { age, duration, span } from '../format/time.js'
import { type Point, quantiles } from './history.js'
import classes from './history.module.css'

interface ChartsProps {
  /** Not empty; the oldest first. */
  readonly points: readonly Point[]
  readonly targetSeconds: number | null
}

/** What the last refreshes took, and did. Of what never was there is no chart. */
export function Charts({ points, targetSeconds }: ChartsProps) {
  return (
    <div className={classes.charts}>
      <DurationChart points={points} />
      {points.some(({ ageBefore }) => ageBefore !== null) && <AgeChart points={points} targetSeconds={targetSeconds} />}
      {points.some((point) => written(point) > 0) && <RowsChart points={points} />}
      {points.some(({ slices }) => slices !== null) && <SlicesChart points={points} />}
    </div>
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

interface Chart {
  readonly title: string
  readonly points: readonly Point[]
  /** What it shows in words, the newest value included: for those who do not see it, too. */
  readonly summary: string
  readonly format: (value: number) => string
  /** Series are told apart below it. */
  readonly withLegend?: boolean
}

/** What all charts have in common; the newest run is on the right. Arrow keys go from run to run. */
function useChart({ title, points, summary, format, withLegend = false }: Chart) {
  const still = useReducedMotion()
  const name = `${title}, ${periodOf(points)}: ${summary}`
  return {
    h: withLegend ? 230 : 200,
    data: points.map((point) => ({ ...point })),
    dataKey: 'at',
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    valueFormatter: format,
    withLegend,
    legendProps: { verticalAlign: 'bottom' as const, height: 30 },
    xAxisProps: { tickFormatter: clock, minTickGap: 60, interval: 'preserveStartEnd' as const },
    yAxisProps: {
      width: 64,
      tickCount: 4,
      allowDecimals: format !== compact,
      tickFormatter: (value: number) => (value === 0 ? '0' : format(value)),
    },
    tooltipAnimationDuration: still ? 0 : 100,
    tooltipProps: { labelFormatter: (at: ReactNode) => clock(Number(at)) },
    drawing: named(name),
  }
}

/** Handed on to the drawing; its type does not know of names. A title would be shown as a hint beside the chart's own. */
function named(name: string): object {
  return { 'aria-label': name, 'aria-roledescription': 'chart' }
}

function periodOf(points: readonly Point[]): string {
  const runs = plural(points.length, 'run')
  const [first, last] = [points[0], points.at(-1)]
  return first === undefined || last === undefined ? runs : `${runs} from ${clock(first.at)} to ${clock(last.at)}`
}

/** The middle, what nearly all stay within, and the newest: of the values that there are. */
function spreadOf(values: readonly number[], format: (value: number) => string): string | null {
  const figures = quantiles(values)
  if (figures === null) return null
  if (values.length === 1) return format(figures.median)
  const newest = values.at(-1) ?? 0
  return `median ${format(figures.median)}, 95 of 100 within ${format(figures.p95)}, the last ${format(newest)}`
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

interface PointsProps {
  readonly points: readonly Point[]
}

function DurationChart({ points }: PointsProps) {
  const title = 'How long refreshes took'
  const failed = points.filter(({ failedMs }) => failedMs !== null).length
  const well =
    spreadOf(
      points.flatMap(({ durationMs }) => durationMs ?? []),
      duration,
    ) ?? 'none ended well'
  const summary = failed === 0 ? well : `${well}; ${count(failed)} failed`
  const { drawing, ...chart } = useChart({ title, points, summary, format: duration, withLegend: failed > 0 })
  return (
    <Panel title={title} note={summary}>
      <BarChart
        {...chart}
        {...bars}
        barChartProps={drawing}
        type="stacked"
        series={[
          { name: 'durationMs', label: 'Took', color: colors.main },
          { name: 'failedMs', label: 'Failed after', color: colors.failed },
        ]}
      />
    </Panel>
  )
}

function AgeChart({ points, targetSeconds }: ChartsProps) {
  const title = 'How old rows became'
  const before = points.findLast(({ ageBefore }) => ageBefore !== null)?.ageBefore ?? 0
  const after = points.findLast(({ ageAfter }) => ageAfter !== null)?.ageAfter ?? 0
  const target = targetSeconds === null ? '' : `; the target is ${span(targetSeconds * 1000)}`
  const summary = `before the last refresh ${ageOnAxis(before)} at most, after it ${ageOnAxis(after)}${target}`
  const { drawing, ...chart } = useChart({ title, points, summary, format: ageOnAxis, withLegend: true })
  const line = { y: targetSeconds ?? 0, color: 'red.6', label: `target ${span((targetSeconds ?? 0) * 1000)}` }
  return (
    <Panel title={title} note="until each refresh, at most: less where nothing was pending; and right after it">
      <LineChart
        {...chart}
        lineChartProps={drawing}
        withDots={false}
        curveType="stepAfter"
        strokeWidth={1.5}
        lineProps={{ isAnimationActive: false }}
        referenceLines={targetSeconds === null ? [] : [line]}
        series={[
          { name: 'ageBefore', label: 'Until the refresh, at most', color: colors.before },
          { name: 'ageAfter', label: 'Right after it', color: colors.main },
        ]}
      />
    </Panel>
  )
}

function written({ inserted, updated, deleted }: Point): number {
  return inserted + updated + deleted
}

function RowsChart({ points }: PointsProps) {
  const title = 'Rows changed'
  const total = points.reduce((sum, point) => sum + written(point), 0)
  const last = points.at(-1)
  const newest = last === undefined ? 0 : written(last)
  const summary = `${plural(total, 'row')} written in ${plural(points.length, 'run')}, ${count(newest)} in the last`
  const { drawing, ...chart } = useChart({ title, points, summary, format: compact, withLegend: true })
  return (
    <Panel title={title} note={summary}>
      <BarChart
        {...chart}
        {...bars}
        barChartProps={drawing}
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

function SlicesChart({ points }: PointsProps) {
  const title = 'Slices recomputed'
  const summary =
    spreadOf(
      points.flatMap(({ slices }) => slices ?? []),
      count,
    ) ?? ''
  const { drawing, ...chart } = useChart({ title, points, summary, format: compact })
  return (
    <Panel title={title} note={summary}>
      <BarChart
        {...chart}
        {...bars}
        barChartProps={drawing}
        series={[{ name: 'slices', label: 'Slices', color: colors.main }]}
      />
    </Panel>
  )
}
