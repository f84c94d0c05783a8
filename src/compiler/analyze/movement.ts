import type { FunctionFacts, QueryFacts } from '../facts.js'
import { type Node, names, walk } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import type { Reason } from '../reasons.js'

const clocks = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp', 'timeofday'])

/** Built-in functions that are called stable and depend on more than their arguments and the pinned settings. */
const dependsOnSession =
  /^(pg_|has_|inet_|txid_|current_|session_|col_description|obj_description|shobj_description|to_reg|version$|format_type$|row_security_active)/

/** Why a query's result can change with no write to its tables, or cannot be followed; undefined when neither. */
export function movement(facts: QueryFacts): Reason | undefined {
  const texts = [facts.canonical]
  for (const relation of facts.relations.values()) {
    if (relation.kind === 'view' && relation.definition !== undefined) texts.push(relation.definition)
  }
  for (const text of texts) {
    const reason = movementIn(parseSelect(text), facts)
    if (reason !== undefined) return reason
  }
  return undefined
}

function movementIn(tree: unknown, facts: QueryFacts): Reason | undefined {
  let found: Reason | undefined
  walk(tree, (kind, body) => {
    if (found !== undefined) return false
    if (kind === 'SQLValueFunction') found = valueFunction(String(body.op))
    if (kind === 'FuncCall')
      found = call(names(body.funcname as readonly Node[]), (body.args as unknown[]) ?? [], facts)
    return undefined
  })
  return found
}

function valueFunction(operation: string): Reason {
  if (/DATE|TIME/.test(operation)) return clock(operation.replace('SVFOP_', '').toLowerCase())
  return {
    code: 'volatile_function',
    reason: `It asks who is reading (${operation.replace('SVFOP_', '').toLowerCase()}), so no kept row is right for all.`,
  }
}

function clock(name: string): Reason {
  return { code: 'clock', reason: `It reads the clock (${name}), so its result changes with time alone.` }
}

function call(parts: readonly string[], args: readonly unknown[], facts: QueryFacts): Reason | undefined {
  const name = parts.at(-1) ?? ''
  const schema = parts.length > 1 ? parts[0] : 'pg_catalog'
  if (schema === 'pg_catalog' && (clocks.has(name) || (name === 'age' && args.length === 1))) return clock(`${name}()`)
  const candidates = (facts.functions.get(name) ?? []).filter((candidate) => candidate.schema === schema)
  return candidates.map((candidate) => judge(candidate)).find((reason) => reason !== undefined)
}

function judge({ schema, name, volatility }: FunctionFacts): Reason | undefined {
  if (volatility === 'volatile') {
    return { code: 'volatile_function', reason: `${name}() is volatile: each call may give something else.` }
  }
  if (volatility === 'immutable') return undefined
  if (schema !== 'pg_catalog') {
    return {
      code: 'opaque_function',
      reason: `${schema}.${name}() is not immutable, so what it reads cannot be followed.`,
    }
  }
  if (dependsOnSession.test(name)) {
    return {
      code: 'opaque_function',
      reason: `${name}() depends on the session or the catalog, not on the rows alone.`,
    }
  }
  return undefined
}
