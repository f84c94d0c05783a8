import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { type RowOf, useView } from 'tidemark/react'
import { count, score, weekOf } from './format.js'
import { axisLooks, tooltipLooks } from './looks.js'
import { Panel } from './Panel.js'
import type { Agent, Challenge } from './platform.js'
import { weeksOf } from './queries.js'

type Week = Pick<RowOf<'mv_agent_progress'>, (typeof columns)[number]>
const columns = weeksOf('', '').select

interface ProgressProps {
  readonly challenge: Challenge
  readonly agent: Agent
}

export function Progress({ challenge, agent }: ProgressProps) {
  const { rows, error } = useView('mv_agent_progress', weeksOf(challenge.id, agent.id), { keepPrevious: true })
  const last = rows?.at(-1)
  return (
    <Panel
      className="progress"
      view="mv_agent_progress"
      title="Progress"
      about={`${agent.name}: average of each week, between its best and worst score`}
      error={error}
      rows={rows}
      empty="There is no score of this agent yet."
    >
      <div role="img" aria-label={told(rows ?? [])}>
        <Chart weeks={rows ?? []} />
      </div>
      {last !== undefined && <LastWeek {...last} />}
    </Panel>
  )
}

function LastWeek({ week, submission_count, avg_composite_score, wow_composite_delta: delta }: Week) {
  return (
    <p className="figures">
      <span>
        <b>{score(avg_composite_score)}</b> in the week of {weekOf(week)}
      </span>
      {delta !== null && (
        <span data-tone={delta < 0 ? 'bad' : 'good'}>
          {delta < 0 ? '▼' : '▲'} {score(Math.abs(delta))} since the one before
        </span>
      )}
      <span>{count(submission_count)} scored</span>
    </p>
  )
}

function Chart({ weeks }: { readonly weeks: readonly Week[] }) {
  const data = weeks.map(({ week, avg_composite_score, best_composite_score, worst_composite_score }) => ({
    week: weekOf(week),
    average: avg_composite_score,
    range: [worst_composite_score, best_composite_score],
  }))
  return (
    <ResponsiveContainer width="100%" height={224}>
      <ComposedChart data={data} margin={{ top: 8, right: 12, bottom: 0, left: -14 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis dataKey="week" {...axisLooks} minTickGap={24} />
        <YAxis domain={[30, 100]} allowDataOverflow ticks={[40, 60, 80, 100]} {...axisLooks} axisLine={false} />
        <Tooltip
          formatter={(value, name) => [
            Array.isArray(value) ? value.map((one) => score(Number(one))).join(' – ') : score(Number(value)),
            name,
          ]}
          labelFormatter={(week) => `Week of ${week}`}
          {...tooltipLooks}
        />
        <Area
          dataKey="range"
          name="worst – best"
          type="monotone"
          stroke="none"
          fill="var(--accent)"
          fillOpacity={0.16}
          activeDot={false}
          isAnimationActive={false}
        />
        <Line
          dataKey="average"
          type="monotone"
          stroke="var(--accent)"
          strokeWidth={2.5}
          dot={{ r: 3.5, fill: 'var(--surface)', strokeWidth: 2 }}
          isAnimationActive={false}
        />
      </ComposedChart>
    </ResponsiveContainer>
  )
}

function told(weeks: readonly Week[]): string {
  return weeks.map(({ week, avg_composite_score }) => `${weekOf(week)}: ${score(avg_composite_score)}`).join(', ')
}
