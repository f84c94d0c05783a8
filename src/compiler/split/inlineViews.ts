import type { RangeVar, SelectStmt } from '@pgsql/types'
import { type QueryFacts, type RelationFacts, relationKey } from '../facts.js'
import { type Node, names, rewrite, sameTree } from '../parse/ast.js'
import { parseSelect, toSql } from '../parse/parse.js'

/** The query with the ordinary views that it reads written out, as they may hold what is worth a node of its own. */
export function inlineViews(facts: QueryFacts): SelectStmt {
  return inlined(parseSelect(facts.canonical), facts)
}

function inlined<T>(tree: T, facts: QueryFacts): T {
  return rewrite(tree, (value) => {
    if (!('RangeVar' in value)) return undefined
    const range = value.RangeVar as RangeVar
    const view = facts.relations.get(relationKey(range.schemaname ?? '', range.relname ?? ''))
    if (view?.kind !== 'view' || view.definition === undefined || view.reading) return undefined
    const definition = parseSelect(view.definition)
    if (!isWrittenAsRead(definition)) return undefined
    const query = inlined(qualified(definition), facts)
    return { RangeSubselect: { subquery: { SelectStmt: query }, alias: aliasOf(range, view) } }
  })
}

/** Of the view's own text nobody has asked PostgreSQL whether ours means the same: it must be the same tree. */
function isWrittenAsRead(definition: SelectStmt): boolean {
  return sameTree(parseSelect(toSql(definition)), definition)
}

function aliasOf({ alias, relname }: RangeVar, view: RelationFacts) {
  const renamed = names(alias?.colnames)
  const colnames = view.columns.map(({ name }, index): Node => ({ String: { sval: renamed[index] ?? name } }))
  return { aliasname: alias?.aliasname ?? relname ?? '', colnames }
}

/** PostgreSQL leaves out the alias in a view over one relation; written out, its columns could be taken for others. */
function qualified(ast: SelectStmt): SelectStmt {
  const [only, ...others] = ast.fromClause ?? []
  if (only === undefined || others.length > 0 || ast.withClause !== undefined) return ast
  const alias = aliasIn(only)
  if (alias === undefined) return ast
  const { fromClause = [], ...parts } = ast
  const written = rewrite(parts, (value) => {
    const fields = 'ColumnRef' in value ? ((value.ColumnRef as { fields?: Node[] }).fields ?? []) : []
    const [field] = fields
    return fields.length === 1 && field !== undefined && 'String' in field
      ? { ColumnRef: { fields: [{ String: { sval: alias } }, field] } }
      : undefined
  })
  return { ...written, fromClause }
}

function aliasIn(node: Node): string | undefined {
  if ('RangeVar' in node) return node.RangeVar.alias?.aliasname ?? node.RangeVar.relname
  if ('RangeSubselect' in node) return node.RangeSubselect.alias?.aliasname
  return undefined
}
