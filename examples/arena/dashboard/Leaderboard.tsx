import { useView } from 'tidemark/react'
import { score, weekOf } from './format.js'
import { bestFirst, type Leader, leadersOf } from './leaders.js'
import { Panel } from './Panel.js'
import type { Agent, Challenge } from './platform.js'
import { bestWeeksOf, weeksOf } from './queries.js'
import { useMoves } from './useMoves.js'

const shown = 8

interface LeaderboardProps {
  readonly challenge: Challenge
  readonly agent: Agent
  readonly names: ReadonlyMap<string, string>
  readonly onAgent: (id: string) => void
}

export function Leaderboard({ challenge, agent, names, onAgent }: LeaderboardProps) {
  const { rows, error } = useView('mv_agent_progress', bestWeeksOf(challenge.id))
  const own = useView('mv_agent_progress', weeksOf(challenge.id, agent.id)).rows
  const list = useMoves<HTMLOListElement>()
  const leaders = leadersOf(rows ?? [])
  const chosen = leaders.find((leader) => leader.agent === agent.id) ?? leadersOf(bestFirst(own ?? []))[0]
  // Whoever is chosen is always to be seen, and below the others if need be.
  const isBelow = chosen !== undefined && !leaders.slice(0, shown).includes(chosen)
  const visible = isBelow ? [...leaders.slice(0, shown - 1), chosen] : leaders.slice(0, shown)
  const best = leaders[0]?.best ?? 0
  return (
    <Panel
      className="leaderboard"
      view="mv_agent_progress"
      title="Leaderboard"
      about="The best score of each agent, in 20 weeks"
      error={error}
      rows={rows}
      empty="Nobody has a score yet."
    >
      <ol className="leaders" ref={list}>
        {visible.map((leader) => (
          <li key={leader.agent} data-key={leader.agent} data-gap={isBelow && leader === chosen}>
            <button type="button" aria-pressed={leader.agent === agent.id} onClick={() => onAgent(leader.agent)}>
              <Place
                {...leader}
                behind={best - leader.best}
                isRanked={leaders.includes(leader)}
                name={names.get(leader.agent) ?? leader.agent.slice(0, 8)}
              />
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

interface PlaceProps extends Leader {
  readonly name: string
  /** Points. */
  readonly behind: number
  /** False: further below than was read. */
  readonly isRanked: boolean
}

function Place({ rank, best, week, name, behind, isRanked }: PlaceProps) {
  return (
    <>
      <span className="rank" data-rank={isRanked ? rank : null}>
        {isRanked ? rank : '–'}
      </span>
      <span className="name">
        {name}
        <small>week of {weekOf(week)}</small>
      </span>
      <span className="behind">{behind === 0 ? '' : `−${score(behind)}`}</span>
      <b>{score(best)}</b>
    </>
  )
}
