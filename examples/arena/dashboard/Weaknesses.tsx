import { PolarAngleAxis, PolarGrid, PolarRadiusAxis, Radar, RadarChart, ResponsiveContainer } from 'recharts'
import { type RowOf, useView } from 'tidemark/react'
import { score } from './format.js'
import { Panel } from './Panel.js'
import type { Agent, Challenge } from './platform.js'
import { patternsOf } from './queries.js'

type Pattern = Pick<RowOf<'mv_weakness_patterns'>, (typeof columns)[number]>
const columns = patternsOf('', '').select

const categories: Readonly<Record<string, { readonly name: string; readonly tone: string }>> = {
  persistent_weakness: { name: 'weakness', tone: 'bad' },
  below_median: { name: 'below median', tone: 'fair' },
  average: { name: 'average', tone: 'plain' },
  consistent_strength: { name: 'strength', tone: 'good' },
}

interface WeaknessesProps {
  readonly challenge: Challenge
  readonly agent: Agent
}

export function Weaknesses({ challenge, agent }: WeaknessesProps) {
  const { rows, error } = useView('mv_weakness_patterns', patternsOf(challenge.id, agent.id), { keepPrevious: true })
  return (
    <Panel
      className="weaknesses"
      view="mv_weakness_patterns"
      title="Strengths and weaknesses"
      about={`${agent.name} against the median of everybody in ${challenge.title}`}
      error={error}
      rows={rows}
      empty="A pattern needs two scores of an agent."
    >
      <div className="patterns">
        <Shape patterns={rows ?? []} />
        <ul>
          {rows?.map((pattern) => (
            <Lane key={pattern.lane_key} {...pattern} />
          ))}
        </ul>
      </div>
    </Panel>
  )
}

/** The list beside it says the same. */
function Shape({ patterns }: { readonly patterns: readonly Pattern[] }) {
  return (
    <div className="shape" aria-hidden="true">
      <ResponsiveContainer width="100%" height={248}>
        <RadarChart data={[...patterns]} outerRadius="70%" accessibilityLayer={false}>
          <PolarGrid stroke="var(--line)" />
          <PolarAngleAxis dataKey="lane_key" tick={{ fill: 'var(--soft)', fontSize: 11 }} />
          <PolarRadiusAxis domain={[0, 100]} tick={false} axisLine={false} />
          <Radar
            dataKey="challenge_p50"
            stroke="var(--soft)"
            strokeDasharray="4 4"
            fill="none"
            isAnimationActive={false}
          />
          <Radar
            dataKey="avg_score"
            stroke="var(--accent)"
            strokeWidth={2}
            fill="var(--accent)"
            fillOpacity={0.22}
            isAnimationActive={false}
          />
        </RadarChart>
      </ResponsiveContainer>
    </div>
  )
}

const secondsInWeek = 7 * 24 * 3600

function Lane({ lane_key, avg_score, challenge_p50, performance_category, score_trend_slope }: Pattern) {
  const { name, tone } = categories[performance_category ?? ''] ?? { name: performance_category ?? '', tone: 'plain' }
  return (
    <li>
      <span className="lane">
        {lane_key}
        <small>
          {score(avg_score)}, median {score(challenge_p50)}
        </small>
      </span>
      <Trend perWeek={score_trend_slope === null ? null : score_trend_slope * secondsInWeek} />
      <span className="badge" data-tone={tone}>
        {name}
      </span>
    </li>
  )
}

function Trend({ perWeek }: { readonly perWeek: number | null }) {
  if (perWeek === null) return <span className="trend" />
  const isSteady = Math.abs(perWeek) < 0.05
  const arrow = isSteady ? '→' : perWeek > 0 ? '↗' : '↘'
  return (
    <span className="trend" title="Points in a week, over all of its scores">
      {arrow} {isSteady ? 'steady' : `${perWeek > 0 ? '+' : '−'}${score(Math.abs(perWeek))}`}
      {!isSteady && <span className="hidden"> points a week</span>}
    </span>
  )
}
