import type { SelectStmt } from '@pgsql/types'
import { type QueryFacts, type RelationFacts, relationKey } from '../facts.js'
import { walk } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import type { Place } from './place.js'

/** Where a query first reads a relation, itself or through ordinary views. */
export function placeOfRelation(query: SelectStmt, relation: RelationFacts, facts: QueryFacts): Place | undefined {
  const wanted = relationKey(relation.schema, relation.name)
  const reads = (key: string, expanding: readonly string[]): boolean => {
    if (key === wanted) return true
    const definition = facts.relations.get(key)?.definition
    if (definition === undefined || expanding.includes(key)) return false
    return namedIn(parseSelect(definition)).some((named) => reads(named.key, [...expanding, key]))
  }
  const found = namedIn(query).find(({ key }) => reads(key, []))
  return found && { node: found.node }
}

function namedIn(query: SelectStmt): (Place & { readonly key: string })[] {
  const found: (Place & { readonly key: string })[] = []
  walk(query, (kind, body) => {
    if (kind !== 'RangeVar') return undefined
    found.push({ node: body, key: relationKey(String(body.schemaname ?? 'pg_catalog'), String(body.relname)) })
    return false
  })
  return found
}
