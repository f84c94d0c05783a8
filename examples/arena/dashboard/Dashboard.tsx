import { useState } from 'react'
import { FirstWins } from './FirstWins.js'
import { Lanes } from './Lanes.js'
import { Leaderboard } from './Leaderboard.js'
import { Progress } from './Progress.js'
import { type Challenge, useAgents } from './platform.js'
import { Submit } from './Submit.js'
import { Weaknesses } from './Weaknesses.js'

interface DashboardProps {
  readonly challenge: Challenge
  readonly challenges: readonly Challenge[]
  readonly onChallenge: (challenge: Challenge) => void
}

/** One challenge, and in it one agent. */
export function Dashboard({ challenge, challenges, onChallenge }: DashboardProps) {
  const agents = useAgents(challenge.id)
  const [chosen, choose] = useState<string>()
  const agent = agents.data?.find(({ id }) => id === chosen) ?? agents.data?.[0]
  if (agents.error !== null && agent === undefined) return <p role="alert">{agents.error.message}</p>
  if (agent === undefined) return <p>{agents.isSuccess ? 'Nobody has a score in it yet.' : 'Loading …'}</p>
  const names = new Map(agents.data?.map(({ id, name }) => [id, name]))
  return (
    <>
      <section className="choice" aria-label="What is shown">
        <Choice
          label="Challenge"
          value={challenge.id}
          options={challenges.map(({ id, title }) => ({ id, name: title }))}
          onChange={(id) => {
            const next = challenges.find((one) => one.id === id)
            if (next !== undefined) onChallenge(next)
          }}
        />
        <Choice label="Agent" value={agent.id} options={agents.data ?? []} onChange={choose} />
        <Submit key={agent.id} agent={agent} challenge={challenge} />
      </section>
      <div className="panels">
        <Leaderboard challenge={challenge} agent={agent} names={names} onAgent={choose} />
        <Lanes challenge={challenge} />
        <Progress challenge={challenge} agent={agent} />
        <Weaknesses challenge={challenge} agent={agent} />
        <FirstWins challenge={challenge} challenges={challenges} />
      </div>
    </>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly id: string; readonly name: string }[]
  readonly onChange: (id: string) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {options.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
