import { expect } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import type { ViewOptions } from '../../src/define/options.js'
import type { NormalisedView } from '../../src/define/types.js'
import { view } from '../../src/define/view.js'
import {
  type Applied,
  type ApplyOptions,
  applyDeployment,
  dropDeployment,
  planDeployment,
} from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import type { TidemarkError } from '../../src/protocol/errors.js'
import type { TestDatabase } from '../kit/index.js'

/** Views by name, as a configuration gives them. */
export function configured(views: Readonly<Record<string, string | ViewOptions>>): readonly NormalisedView[] {
  const list = Object.entries(views).map(([name, options]) =>
    view(name, typeof options === 'string' ? { query: options } : options),
  )
  return normaliseConfig({ views: list }).views
}

export async function apply(
  db: TestDatabase,
  views: Readonly<Record<string, string | ViewOptions>>,
  options?: ApplyOptions,
): Promise<Applied> {
  return applyDeployment(db.pool, configured(views), options)
}

export async function plan(
  db: TestDatabase,
  views: Readonly<Record<string, string | ViewOptions>>,
): Promise<{ action: string; object: string }[]> {
  const { changes } = await planDeployment(db.pool, configured(views))
  return changes.map(({ action, object }) => ({ action, object }))
}

/** Applies, and makes sure that doing so again would change nothing. */
export async function applyTwice(
  db: TestDatabase,
  views: Readonly<Record<string, string | ViewOptions>>,
): Promise<Applied> {
  const applied = await apply(db, views)
  expect(await plan(db, views)).toEqual([])
  const again = await apply(db, views)
  expect(again).toEqual({ changes: [], views: [] })
  return applied
}

/** Refreshes the view, whose rows must then be those of its query; and says how it was refreshed. */
export async function expectFresh(db: TestDatabase, name: string): Promise<string> {
  const { mode, error } = await refreshView(db.pool, name)
  expect(error).toBeUndefined()
  const { missing, unexpected } = await verifyView(db.pool, name)
  expect({ name, missing, unexpected }).toEqual({ name, missing: 0, unexpected: 0 })
  return mode
}

export async function errorOf(work: Promise<unknown>): Promise<TidemarkError> {
  return work.then(
    () => {
      throw new Error('it was expected to fail')
    },
    (error: unknown) => error as TidemarkError,
  )
}

/** An empty database again. What Tidemark made is dropped after what people read of it is gone already. */
export async function reset(db: TestDatabase): Promise<void> {
  await db.query('DROP SCHEMA public CASCADE')
  await dropDeployment(db.pool)
  await db.query('CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC')
}
