import { displayName } from '../define/names.js'
import { type DeployedView, readDeployedViews } from '../deploy/deployed.js'
import type { Database } from '../engine/database.js'
import { isMigrated } from '../engine/migrate.js'
import { TidemarkError } from '../protocol/errors.js'
import { chooseViews } from './choose.js'

/**
 * Views of the catalog, those first that others read: named ones, or all.
 * @throws TidemarkError NOT_DEPLOYED, UNKNOWN_VIEW.
 */
export async function chooseDeployed(database: Database, names: readonly string[]): Promise<DeployedView[]> {
  if (!(await isMigrated(database))) {
    throw new TidemarkError('NOT_DEPLOYED', 'This database holds no views of Tidemark yet.', {
      hint: 'Run: tidemark apply',
    })
  }
  const deployed = (await readDeployedViews(database)).filter(({ hidden }) => !hidden)
  return chooseViews(upstreamFirst(deployed), names, 'deployed')
}

function upstreamFirst(views: readonly DeployedView[]): DeployedView[] {
  const byName = [...views].sort((left, right) => (displayName(left) < displayName(right) ? -1 : 1))
  const ordered = new Set<DeployedView>()
  const visit = (view: DeployedView): void => {
    if (ordered.has(view)) return
    for (const other of byName) if (view.upstream.includes(other.id)) visit(other)
    ordered.add(view)
  }
  byName.forEach(visit)
  return [...ordered]
}
