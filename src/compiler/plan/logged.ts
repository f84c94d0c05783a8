import { relationKey } from '../facts.js'
import type { Branch, Changed, KeyPath, SourcePlan } from './types.js'

/** The columns of each captured table whose images the key queries read, by `schema.name`. */
export function loggedColumns(
  sources: readonly SourcePlan[],
  branches: readonly Branch[],
): ReadonlyMap<string, readonly string[]> {
  const logged = new Map<string, Set<string>>()
  for (const { relation } of sources) logged.set(relationKey(relation.schema, relation.name), new Set())
  const note = (changed: Extract<Changed, { kind: 'table' }>): void => {
    const columns = logged.get(relationKey(changed.relation.schema, changed.relation.name))
    for (const column of changed.columns) columns?.add(column.stored)
  }
  const visit = (path: KeyPath): void => {
    if (path.changed.kind === 'table') note(path.changed)
    else path.changed.paths.forEach(visit)
    for (const { source } of [...path.joins, ...path.searches]) {
      if (source.kind === 'table') note(source)
      if (source.kind === 'block') source.before.forEach(visit)
    }
  }
  for (const branch of branches) branch.paths.forEach(visit)
  return new Map([...logged].map(([name, columns]) => [name, [...columns].sort()]))
}
