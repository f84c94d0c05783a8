import { Bar, BarChart, CartesianGrid, Cell, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { type RowOf, useView } from 'tidemark/react'
import { count, score } from './format.js'
import { axisLooks, tooltipLooks } from './looks.js'
import { Panel } from './Panel.js'
import type { Challenge } from './platform.js'

type FirstWin = RowOf<'mv_time_to_first_win'>

interface FirstWinsProps {
  readonly challenge: Challenge
  readonly challenges: readonly Challenge[]
}

export function FirstWins({ challenge, challenges }: FirstWinsProps) {
  const { rows, error } = useView('mv_time_to_first_win', {
    where: { challenge_id: challenges.map(({ id }) => id) },
    order: 'avg_days_to_first_win',
  })
  const own = rows?.find(({ challenge_id }) => challenge_id === challenge.id)
  const titles = new Map(challenges.map(({ id, title }) => [id, title]))
  return (
    <Panel
      className="wins"
      view="mv_time_to_first_win"
      title="Time to the first win"
      about="Days from an agent’s first score to its first won bout, on average: the busiest challenges, the quickest first"
      error={error}
      rows={rows}
      empty="A challenge is listed once five agents have won."
    >
      <div role="img" aria-label={told(rows ?? [], titles)}>
        <Chart rows={rows ?? []} titles={titles} own={challenge.id} />
      </div>
      {own !== undefined && (
        <p className="figures">
          <span>
            <b>{score(own.avg_days_to_first_win)} days</b> in {challenge.title}
          </span>
          <span>{count(own.agents_with_win)} agents have won</span>
        </p>
      )}
    </Panel>
  )
}

interface ChartProps {
  readonly rows: readonly FirstWin[]
  readonly titles: ReadonlyMap<string, string>
  readonly own: string
}

function Chart({ rows, titles, own }: ChartProps) {
  const data = rows.map((row) => ({ ...row, title: titles.get(row.challenge_id) ?? '' }))
  return (
    <ResponsiveContainer width="100%" height={176}>
      <BarChart data={data} margin={{ top: 8, right: 0, bottom: 0, left: -20 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis dataKey="title" {...axisLooks} tickFormatter={short} minTickGap={10} />
        <YAxis {...axisLooks} axisLine={false} tickCount={4} />
        <Tooltip
          cursor={{ fill: 'var(--hover)' }}
          formatter={(value) => [`${score(Number(value))} days`, 'on average']}
          {...tooltipLooks}
        />
        <Bar dataKey="avg_days_to_first_win" radius={[4, 4, 0, 0]} maxBarSize={36} isAnimationActive={false}>
          {data.map(({ challenge_id }) => (
            <Cell key={challenge_id} fill={challenge_id === own ? 'var(--accent)' : 'var(--pale)'} />
          ))}
        </Bar>
      </BarChart>
    </ResponsiveContainer>
  )
}

/** challenge-00017: 17 */
function short(title: string): string {
  return title.replace(/^\D+0*/, '')
}

function told(rows: readonly FirstWin[], titles: ReadonlyMap<string, string>): string {
  return rows.map((row) => `${titles.get(row.challenge_id)}: ${score(row.avg_days_to_first_win)} days`).join(', ')
}
