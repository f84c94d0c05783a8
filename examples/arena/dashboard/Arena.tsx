import { useState } from 'react'
import { useFreshness } from 'tidemark/react'
import { Dashboard } from './Dashboard.js'
import { type Challenge, useChallenges } from './platform.js'

/** The page around the panels: what it is of, and whether it is live. */
export function Arena({ token }: { readonly token: string }) {
  const challenges = useChallenges()
  const [chosen, choose] = useState<string>()
  const challenge = challenges.data?.find(({ id }) => id === chosen) ?? challenges.data?.[0]
  return (
    <>
      <header className="top">
        <h1>
          <img src="./arena.svg" alt="" width="28" height="28" /> Arena
        </h1>
        <Connection />
        <a className="console" href={`../console/#token=${token}`}>
          Console
        </a>
      </header>
      <main>
        {challenge === undefined ? (
          <Nothing error={challenges.error} isEmpty={challenges.isSuccess} />
        ) : (
          <Dashboard
            key={challenge.id}
            challenge={challenge}
            challenges={challenges.data ?? []}
            onChallenge={(next: Challenge) => choose(next.id)}
          />
        )}
      </main>
      <footer className="bottom">
        Four views over tables that are being written to, each a plain <code>SELECT</code>. Nothing on this page is
        polled: the server tells it what has changed.
      </footer>
    </>
  )
}

function Connection() {
  const { connection } = useFreshness('mv_lane_score_distribution')
  const isLive = connection === 'live'
  return (
    <span className="connection" data-live={isLive} role="status">
      {isLive ? 'Live' : 'Connecting'}
    </span>
  )
}

function Nothing({ error, isEmpty }: { readonly error: Error | null; readonly isEmpty: boolean }) {
  if (error !== null) return <p role="alert">{error.message}</p>
  return <p>{isEmpty ? 'Nobody has a score yet.' : 'Loading …'}</p>
}
