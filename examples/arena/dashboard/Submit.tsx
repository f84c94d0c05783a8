import { useLayoutEffect, useRef, useState } from 'react'
import { useView } from 'tidemark/react'
import { score } from './format.js'
import { type Agent, type Challenge, type Submitted, usePlatform } from './platform.js'
import { bestWeeksOf, lanesOf } from './queries.js'

interface SubmitProps {
  readonly agent: Agent
  readonly challenge: Challenge
}

type Sent =
  | { readonly state: 'sending' }
  | { readonly state: 'committed'; readonly submitted: Submitted; readonly pressedAt: number }
  | { readonly state: 'failed'; readonly message: string }

/** Writes a row, and says how long it took until this page showed it. */
export function Submit({ agent, challenge }: SubmitProps) {
  const platform = usePlatform()
  const [points, setPoints] = useState(99)
  const [sent, setSent] = useState<Sent>()
  const submit = async () => {
    const pressedAt = performance.now()
    setSent({ state: 'sending' })
    try {
      const submitted = await platform.submit(agent.id, challenge.id, points)
      setSent({ state: 'committed', submitted, pressedAt })
    } catch (error) {
      setSent({ state: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <form
      className="submit"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <label className="field points">
        <span>
          Score <b>{points}</b>
        </span>
        <input
          type="range"
          min="0"
          max="100"
          value={points}
          onChange={({ target }) => setPoints(Number(target.value))}
        />
      </label>
      <button type="submit" disabled={sent?.state === 'sending'}>
        Submit it for {agent.name}
      </button>
      <div className="outcome" role="status">
        {sent?.state === 'failed' && <span data-tone="bad">{sent.message}</span>}
        {sent?.state === 'committed' && <Outcome key={sent.submitted.committedAt} {...sent} challenge={challenge} />}
        {sent === undefined && <span>A row is written. Watch the panels.</span>}
      </div>
    </form>
  )
}

interface OutcomeProps {
  readonly challenge: Challenge
  readonly submitted: Submitted
  /** By the clock of the page, in milliseconds. */
  readonly pressedAt: number
}

function Outcome({ challenge, submitted, pressedAt }: OutcomeProps) {
  // The panels ask the same: nothing is read twice.
  const shown = [
    ['Leaderboard', useView('mv_agent_progress', bestWeeksOf(challenge.id)).asOf],
    ['Lanes', useView('mv_lane_score_distribution', lanesOf(challenge.id)).asOf],
  ] as const
  return (
    <>
      <span>
        <b>{score(submitted.compositeScore)}</b> committed. Shown here after
      </span>
      {shown.map(([panel, asOf]) => (
        <Delay
          key={panel}
          panel={panel}
          pressedAt={pressedAt}
          isShown={asOf !== undefined && asOf >= new Date(submitted.committedAt)}
        />
      ))}
    </>
  )
}

interface DelayProps {
  readonly panel: string
  readonly pressedAt: number
  readonly isShown: boolean
}

/** From the press of the button until the panel had rows of after the commit. */
function Delay({ panel, pressedAt, isShown }: DelayProps) {
  const [milliseconds, setMilliseconds] = useState<number>()
  const done = useRef(false)
  // Runs when the document has the rows.
  useLayoutEffect(() => {
    if (!isShown || done.current) return
    done.current = true
    setMilliseconds(performance.now() - pressedAt)
  }, [isShown, pressedAt])
  return (
    <span className="delay" data-done={milliseconds !== undefined}>
      {panel} <b>{milliseconds === undefined ? '…' : `${Math.round(milliseconds)} ms`}</b>
    </span>
  )
}
