import type { SelectStmt } from '@pgsql/types'
import type { FunctionFacts, QueryFacts } from '../facts.js'
import { columnOf, type Node, names, walk } from '../parse/ast.js'
import { parseSelect, toSql } from '../parse/parse.js'
import { placeOfRelation } from '../places/readers.js'
import type { Reason } from '../reasons.js'

/** Volatile or stable as they are, what they return is the clock's business. */
const clocks = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp', 'timeofday'])

/** Built-in functions that are called stable and depend on more than their arguments and the pinned settings. */
const dependsOnSession =
  /^(pg_|has_|inet_|txid_|current_|session_|col_description|obj_description|shobj_description|to_reg|version$|format_type$|row_security_active)/

/** Why a query's result can change with no write to its tables, but for the clock; undefined when it cannot. */
export function movement(facts: QueryFacts, query: SelectStmt): Reason | undefined {
  const own = movementIn(query, facts)
  if (own !== undefined) return own
  for (const relation of facts.relations.values()) {
    if (relation.kind !== 'view' || relation.definition === undefined) continue
    const reason = movementIn(parseSelect(relation.definition), facts)
    if (reason !== undefined) return { ...reason, place: placeOfRelation(query, relation, facts) }
  }
  const hidden = facts.applied.map((applied) => judge(applied)).find((why) => why !== undefined)
  return hidden && { ...hidden, place: undefined }
}

function movementIn(tree: unknown, facts: QueryFacts): Reason | undefined {
  let found: Reason | undefined
  walk(tree, (kind, body) => {
    if (found !== undefined) return false
    const why =
      kind === 'SQLValueFunction'
        ? valueFunction(String(body.op))
        : kind === 'FuncCall'
          ? call(names(body.funcname as readonly Node[]), facts)
          : undefined
    if (why !== undefined) found = { ...why, place: { node: body } }
    return undefined
  })
  return found
}

type Why = Omit<Reason, 'place'>

function valueFunction(operation: string): Why | undefined {
  if (/DATE|TIME/.test(operation)) return undefined
  const name = operation.replace('SVFOP_', '').toLowerCase()
  return {
    code: 'volatile_function',
    reason: `It asks who is reading (${name}), so no kept row is right for all.`,
    hint: `Return the column that ${name} is compared with, and write the condition where the view is read.`,
  }
}

function call(parts: readonly string[], facts: QueryFacts): Why | undefined {
  const name = parts.at(-1) ?? ''
  const schema = parts.length > 1 ? parts[0] : 'pg_catalog'
  if (schema === 'pg_catalog' && clocks.has(name)) return undefined
  const candidates = (facts.functions.get(name) ?? []).filter((candidate) => candidate.schema === schema)
  return candidates.map((candidate) => judge(candidate)).find((reason) => reason !== undefined)
}

function judge({ schema, name, volatility }: FunctionFacts): Why | undefined {
  if (volatility === 'volatile') {
    return {
      code: 'volatile_function',
      reason: `${name}() is volatile: each call may give something else.`,
      hint: `Call it where the view is read.${declared(schema, name)}`,
    }
  }
  if (volatility === 'immutable') return undefined
  if (schema !== 'pg_catalog') {
    return {
      code: 'opaque_function',
      reason: `${schema}.${name}() is not immutable, so what it reads cannot be followed.`,
      hint: `Join the table that it reads.${declared(schema, name)}`,
    }
  }
  if (dependsOnSession.test(name)) {
    return {
      code: 'opaque_function',
      reason: `${name}() depends on the session or the catalog, not on the rows alone.`,
      hint: `Call ${name}() where the view is read.`,
    }
  }
  return undefined
}

function declared(schema: string, name: string): string {
  if (schema === 'pg_catalog') return ''
  return ` If what it gives depends on its arguments alone, say so: \`ALTER FUNCTION ${toSql(columnOf(schema, name))} IMMUTABLE\`.`
}
