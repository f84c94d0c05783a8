import type { Database } from '../engine/database.js'
import { isMigrated } from '../engine/migrate.js'
import { TidemarkError } from '../protocol/errors.js'
import { alone } from './alone.js'
import { describeDrops } from './changes.js'
import { type DeployedView, readDeployedViews } from './deployed.js'
import { shownName } from './names.js'
import type { Deployment } from './plan.js'
import { removeAll, removeLeftovers, removeViews } from './remove.js'

/**
 * Removes what apply made: some views, or everything.
 * @throws TidemarkError UNKNOWN_VIEW, DEPENDENT_BLOCKS.
 */
export async function dropDeployment(
  database: Database,
  options: { readonly views?: readonly string[] } = {},
): Promise<Deployment> {
  if (!(await isMigrated(database))) return { changes: [] }
  return alone(database, async () => {
    await removeLeftovers(database)
    const deployed = await readDeployedViews(database)
    const named = options.views?.map((name) => findDeployed(deployed, name))
    const wanted = named === undefined ? deployed : withPieces(named, deployed)
    checkReaders(deployed, wanted)
    const changes = describeDrops(wanted).map((change) => ({ ...change, detail: 'as asked' }))
    if (options.views === undefined) await removeAll(database)
    else await removeViews(database, wanted)
    return { changes }
  })
}

/** A view and the pieces that it is made of go together, but for those that another view needs as well. */
function withPieces(views: readonly DeployedView[], deployed: readonly DeployedView[]): DeployedView[] {
  const wanted = new Set(views)
  // A set that grows while it is walked is walked to its end.
  for (const view of wanted) {
    for (const piece of deployed) if (piece.hidden && view.upstream.includes(piece.id)) wanted.add(piece)
  }
  for (const kept of deployed.filter((view) => !wanted.has(view))) {
    for (const piece of allPieces(kept, deployed)) wanted.delete(piece)
  }
  return [...wanted]
}

function allPieces(view: DeployedView, deployed: readonly DeployedView[]): Set<DeployedView> {
  const found = new Set<DeployedView>()
  const add = ({ upstream }: DeployedView): void => {
    for (const piece of deployed) {
      if (!piece.hidden || !upstream.includes(piece.id) || found.has(piece)) continue
      found.add(piece)
      add(piece)
    }
  }
  add(view)
  return found
}

function findDeployed(deployed: readonly DeployedView[], name: string): DeployedView {
  const shown = deployed.filter(({ hidden }) => !hidden)
  const found =
    shown.find((view) => shownName(view.schema, view.name) === name) ??
    shown.find((view) => `${view.schema}.${view.name}` === name) ??
    shown.find((view) => view.name === name)
  if (found !== undefined) return found
  throw new TidemarkError('UNKNOWN_VIEW', `There is no deployed view named "${name}".`, {
    hint: 'tidemark status lists them.',
  })
}

/** PostgreSQL knows nothing of one maintained view reading another: their queries are text. */
function checkReaders(deployed: readonly DeployedView[], dropped: readonly DeployedView[]): void {
  for (const view of dropped) {
    const reader = deployed.find((other) => !dropped.includes(other) && other.upstream.includes(view.id))
    if (reader === undefined) continue
    const [name, by] = [shownName(view.schema, view.name), shownName(reader.schema, reader.name)]
    throw new TidemarkError('DEPENDENT_BLOCKS', `${name} cannot be dropped: the maintained view ${by} reads it.`, {
      hint: `Drop ${by} too, or change its query first.`,
      view: name,
    })
  }
}
