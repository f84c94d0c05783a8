import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'

export interface Challenge {
  readonly id: string
  readonly title: string
}

export interface Agent {
  readonly id: string
  readonly name: string
}

export interface Submitted {
  readonly compositeScore: number
  /** A view as of then, or of later, has it. */
  readonly committedAt: string
}

/** The platform's own API: names, and a way to write. It knows nothing of Tidemark. */
export class Platform {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async challenges(): Promise<readonly Challenge[]> {
    const { challenges } = await this.#ask<{ challenges: Challenge[] }>('challenges')
    return challenges
  }

  async agents(challenge: string): Promise<readonly Agent[]> {
    const { agents } = await this.#ask<{ agents: Agent[] }>(`challenges/${challenge}/agents`)
    return agents
  }

  async submit(agentId: string, challengeId: string, score: number): Promise<Submitted> {
    return await this.#ask<Submitted>('submissions', { agentId, challengeId, score })
  }

  async #ask<Answer>(path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.url}/platform/${path}`, {
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Answer & { message?: string }
    if (!response.ok) throw new Error(answer.message ?? `The platform answered ${response.status}.`)
    return answer
  }
}

export const PlatformContext = createContext<Platform | null>(null)

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext)
  if (platform === null) throw new Error('There is no platform around this component.')
  return platform
}

export function useChallenges(): UseQueryResult<readonly Challenge[]> {
  const platform = usePlatform()
  return useQuery({
    queryKey: ['challenges'],
    queryFn: () => platform.challenges(),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Agents come, so that their names are asked for now and then. */
export function useAgents(challenge: string): UseQueryResult<readonly Agent[]> {
  const platform = usePlatform()
  return useQuery({
    queryKey: ['agents', challenge],
    queryFn: () => platform.agents(challenge),
    refetchInterval: 60_000,
  })
}
