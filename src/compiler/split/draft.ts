import type { SelectStmt } from '@pgsql/types'
import { findKey } from '../analyze/viewKey.js'
import { type OutputColumn, type QueryFacts, type RelationFacts, relationKey } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import { type Block, outputNames } from '../ir/types.js'
import { toSql } from '../parse/parse.js'
import { columnFactsOf } from './columnFacts.js'
import { type Quality, qualityOf } from './quality.js'
import { isSmall, pieceRows } from './size.js'

/** A query whose rows are kept to be read by others, as a table's are. */
export interface SplitNode {
  readonly name: string
  readonly query: string
  /** Columns that tell its rows apart; none when there is always one row. */
  readonly key: readonly string[]
  readonly quality: Quality
}

/** A query being split: what is left of it, and the nodes that it reads instead. */
export interface Draft {
  /** Of what is left, the nodes among its relations. */
  readonly facts: QueryFacts
  readonly nodes: readonly SplitNode[]
  /** How well the query as it was can be maintained: pieces are made of it that can be better. */
  readonly asIs: Quality
  /** It is to be a piece itself. */
  readonly hidden: boolean
  readonly nodeName: (query: string) => string
  /** Splits a node's own query where that is better. */
  readonly divide: (draft: Draft) => Draft
}

export const nodeSchema = 'tidemark_data'

/** The draft with another query left of it. */
export function withQuery(draft: Draft, ast: SelectStmt): Draft {
  return { ...draft, facts: { ...draft.facts, canonical: toSql(ast) } }
}

/**
 * Adds a node of this query, unless it has no key or can be maintained no better than the whole. One that is there
 * already is used again.
 */
export function addNode(draft: Draft, ast: SelectStmt): { draft: Draft; node: SplitNode } | undefined {
  const query = toSql(ast)
  const facts = factsOfPiece(draft.facts, query)
  const block = buildQuery(facts)
  const key = findKey(block)
  const names = outputNames(block)
  if (block.kind === 'opaque' || key === undefined || new Set(names).size !== names.length || names.includes('')) {
    return undefined
  }
  const divided = draft.divide({ ...draft, facts, hidden: true })
  const known = divided.nodes.find((node) => node.query === divided.facts.canonical)
  if (known !== undefined)
    return { draft: { ...divided, hidden: draft.hidden, facts: keepQuery(draft, divided) }, node: known }
  const quality = qualityOf(divided.facts, true)
  if (quality <= draft.asIs) return undefined
  const name = draft.nodeName(divided.facts.canonical)
  const node: SplitNode = { name, query: divided.facts.canonical, key, quality }
  const rows = isSmall(buildQuery(divided.facts)) ? pieceRows.few : pieceRows.many
  const relation = relationOf(node, block, { number: divided.nodes.length, rows })
  const relations = new Map([...divided.facts.relations, [relationKey(nodeSchema, name), relation]])
  return { draft: { ...draft, nodes: [...divided.nodes, node], facts: { ...draft.facts, relations } }, node }
}

/** Of the draft as it was, with the relations that were added meanwhile. */
function keepQuery(draft: Draft, { facts }: Draft): QueryFacts {
  return { ...draft.facts, relations: facts.relations }
}

/** Facts of a query over the same relations. Of what it computes the types are not known: PostgreSQL will tell them. */
export function factsOfPiece(facts: QueryFacts, canonical: string): QueryFacts {
  const block = buildQuery({ ...facts, canonical })
  const output = outputNames(block).map((name): OutputColumn => {
    const { type, comparable, nondeterministic } = columnFactsOf(block, name)
    const image = !/^(numeric|real|double precision|interval)$/.test(type)
    return { name, type, comparable, builtinEquality: comparable, image, nondeterministic }
  })
  return { ...facts, canonical, output }
}

function relationOf(
  node: SplitNode,
  block: Block,
  { number, rows }: { readonly number: number; readonly rows: number },
): RelationFacts {
  return {
    oid: -2 - number,
    schema: nodeSchema,
    name: node.name,
    kind: 'maintained',
    columns: outputNames(block).map((name) => columnFactsOf(block, name)),
    keys: [node.key],
    indexes: [{ name: 'key', columns: node.key, unique: true, partial: false, method: 'btree' }],
    rows: node.key.length === 0 ? 1 : rows,
    bytes: 1_000_000,
    read: 'all',
    capture: { schema: nodeSchema, name: node.name, log: node.name },
    references: [],
    hasChildren: false,
  }
}
