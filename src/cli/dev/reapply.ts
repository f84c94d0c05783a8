import { dirname } from 'node:path'
import { type LoadedConfig, loadConfig } from '../../define/load-config.js'
import type { NormalisedView } from '../../define/types.js'
import { type Applied, applyDeployment, type Change, planDeployment } from '../../deploy/index.js'
import type { Database } from '../../engine/database.js'
import type { TidemarkError } from '../../protocol/errors.js'
import { asTidemarkError } from '../failure.js'
import { type FileWatch, watchFiles } from './watchFiles.js'

/** What became of the last save. */
export type Outcome = { readonly views: readonly NormalisedView[] } & (
  | { readonly kind: 'applied'; readonly applied: Applied }
  /** Something would be lost, and the database is not one that was made for this: it is left to `tidemark apply`. */
  | { readonly kind: 'held back'; readonly changes: readonly Change[] }
  | { readonly kind: 'failed'; readonly error: TidemarkError }
)

export interface ReapplyOptions {
  readonly loaded: LoadedConfig
  readonly database: Database
  /** Drop what is no longer configured without asking. */
  readonly mayLose: boolean
  readonly signal: AbortSignal
  /** Files were saved, and are being applied. */
  readonly onChange?: (files: readonly string[]) => void
  readonly onOutcome: (outcome: Outcome) => void
}

/** A table that a view needs may be made by somebody else meanwhile. */
const retryMs = 2_000

/**
 * Applies the configuration, and again whenever a file of it is saved, one after the other, until `signal` ends. What
 * cannot be applied leaves what is deployed as it is, and is tried again; it is told once, until it is something else.
 */
export async function reapply(options: ReapplyOptions): Promise<void> {
  const { signal } = options
  let saved: readonly string[] = []
  let wake: () => void = () => undefined
  const watch = watchFiles(dirname(options.loaded.path), (files) => {
    saved = [...saved, ...files]
    wake()
  })
  signal.addEventListener('abort', () => wake(), { once: true })
  let told = ''
  try {
    await watch.ready
    while (!signal.aborted) {
      if (saved.length > 0) options.onChange?.(saved)
      const again = saved.length > 0
      saved = []
      const outcome = await attempt(options, watch)
      const text = JSON.stringify(outcome)
      if (again || text !== told) options.onOutcome(outcome)
      told = text
      if (saved.length > 0 || signal.aborted) continue
      await new Promise<void>((resolve) => {
        const timer = outcome.kind === 'failed' ? setTimeout(resolve, retryMs) : undefined
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  } finally {
    await watch.close()
  }
}

async function attempt({ loaded, database, mayLose }: ReapplyOptions, watch: FileWatch): Promise<Outcome> {
  let views: readonly NormalisedView[] = loaded.views
  try {
    const present = await loadConfig(loaded.path)
    views = present.views
    watch.add(views.flatMap(({ queryFile }) => queryFile ?? []))
    if (!mayLose) {
      const { changes } = await planDeployment(database, views)
      if (changes.some(({ destructive }) => destructive)) return { kind: 'held back', changes, views }
    }
    return { kind: 'applied', applied: await applyDeployment(database, views), views }
  } catch (error) {
    return { kind: 'failed', error: asTidemarkError(error), views }
  }
}
