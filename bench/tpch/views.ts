import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { loadConfig } from '../../src/define/load-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { applyDeployment, type Explanation, explainViews } from '../../src/deploy/index.js'
import { databaseError } from '../../src/engine/databaseError.js'
import type { Rejected } from '../kit/types.js'

const configFile = fileURLToPath(new URL('../../examples/tpch/tidemark.config.ts', import.meta.url))

/** Those of the example, or some of them by number. */
export async function tpchViews(numbers?: readonly number[]): Promise<readonly NormalisedView[]> {
  const { views } = await loadConfig(configFile)
  if (numbers === undefined) return views
  return views.filter(({ name }) => numbers.includes(Number(name.slice(1))))
}

export interface DeployedViews {
  readonly views: readonly NormalisedView[]
  readonly explanations: ReadonlyMap<string, Explanation>
  readonly rejected: readonly Rejected[]
}

/** Deploys what can be deployed; of the others, says why not. */
export async function deployWhatCan(pool: Pool, wanted: readonly NormalisedView[]): Promise<DeployedViews> {
  const rejected: Rejected[] = []
  for (let views = wanted; ; ) {
    try {
      await applyDeployment(pool, views)
      const explained = views.length > 0 ? await explainViews(pool, views) : []
      return { views, explanations: new Map(explained.map((each) => [each.view, each])), rejected }
    } catch (error) {
      const { code, message, view } = databaseError(error)
      const culprit = view ?? (await firstMissing(pool, views))
      if (!views.some(({ name }) => name === culprit)) throw error
      rejected.push({ case: culprit ?? '', code, message })
      views = views.filter(({ name }) => name !== culprit)
    }
  }
}

/** Views are deployed in order: one that failed without being named is the first that is not there. */
async function firstMissing(pool: Pool, views: readonly NormalisedView[]): Promise<string | undefined> {
  for (const { name } of views) {
    const { rows } = await pool.query('select 1 where to_regclass(quote_ident($1)) is not null', [name])
    if (rows.length === 0) return name
  }
  return undefined
}
