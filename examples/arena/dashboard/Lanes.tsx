import { type RowOf, useView } from 'tidemark/react'
import { count, score } from './format.js'
import { Panel } from './Panel.js'
import type { Challenge } from './platform.js'
import { lanesOf } from './queries.js'

type Lane = Pick<RowOf<'mv_lane_score_distribution'>, (typeof columns)[number]>
const columns = lanesOf('').select

/** The part of the scale that is shown. */
const from = 40
const to = 100
const ticks = [40, 55, 70, 85, 100]

export function Lanes({ challenge }: { readonly challenge: Challenge }) {
  const { rows, error } = useView('mv_lane_score_distribution', lanesOf(challenge.id))
  return (
    <Panel
      className="lanes"
      view="mv_lane_score_distribution"
      title="How scores spread, lane by lane"
      about="Half of all scores lie in the box, four in five between the ends; the line is the median"
      error={error}
      rows={rows}
      empty="Nothing was scored yet."
    >
      <ul className="boxes">
        {rows?.map((lane) => (
          <Box key={lane.lane_key} {...lane} />
        ))}
      </ul>
      <div className="scale" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: place(tick) }}>
            {tick}
          </span>
        ))}
      </div>
    </Panel>
  )
}

function Box({ lane_key, sample_count, p10, p25, p50, p75, p90 }: Lane) {
  return (
    <li>
      <span className="lane">
        {lane_key}
        <small>{count(sample_count)} scores</small>
      </span>
      <span className="plot" aria-hidden="true">
        <i className="whisker" style={span(p10, p90)} />
        <i className="box" style={span(p25, p75)} />
        <i className="median" style={{ left: place(p50) }} />
      </span>
      <span className="hidden">
        middle half {score(p25)} to {score(p75)}, median{' '}
      </span>
      <b>{score(p50)}</b>
    </li>
  )
}

/** Scores below the scale are shown at its beginning. */
function place(value: number | null): string {
  const part = ((value ?? from) - from) / (to - from)
  return `${100 * Math.min(1, Math.max(0, part))}%`
}

function span(low: number | null, high: number | null) {
  return { left: place(low), right: `calc(100% - ${place(high)})` }
}
