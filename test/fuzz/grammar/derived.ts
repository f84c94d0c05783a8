import { literal } from '../kinds.js'
import { type Expression, expression, type Grammar, ofKind, type Scope } from './grammar.js'
import { query } from './query.js'
import { type Source, sourceOf } from './sources.js'

/** A query in FROM. */
export function subquerySource(g: Grammar, depth: number): Source | undefined {
  g.tag('subquery in from')
  const made = query(g, undefined, depth)
  const alias = g.alias()
  return sourceOf(alias, made.columns, made.identity, `(${made.sql}) ${alias}`)
}

export function valuesSource(g: Grammar): Source {
  g.tag('values')
  const alias = g.alias()
  const columns = (['int', g.random.pick(['text', 'int', 'numeric'] as const)] as const).map((kind) => ({
    name: g.column(kind),
    kind,
    faithful: false,
  }))
  const rows = Array.from(
    { length: g.random.int(1, 3) },
    () => `(${columns.map(({ kind }) => (g.random.chance(0.15) ? 'NULL' : literal(g.random, kind))).join(', ')})`,
  )
  // The first row says the types.
  const first = `(${columns.map(({ kind }) => `${literal(g.random, kind)}::${kind === 'int' ? 'integer' : kind}`).join(', ')})`
  const names = columns.map(({ name }) => name).join(', ')
  return sourceOf(alias, columns, undefined, `(VALUES ${[first, ...rows].join(', ')}) ${alias} (${names})`)
}

/** A query for each row beside it. */
export function lateralSource(g: Grammar, left: Source, depth: number): Source | undefined {
  const outer: Scope = { columns: left.columns, identity: left.identity }
  const made = query(g, outer, Math.min(depth, 1))
  g.tag('lateral')
  const alias = g.alias()
  const right = sourceOf(alias, made.columns, made.identity, `LATERAL (${made.sql}) ${alias}`)
  return beside(g, left, right)
}

function beside(g: Grammar, left: Source, right: Source): Source {
  const outer = g.random.chance(0.35)
  const identity = left.identity && right.identity ? [...left.identity, ...right.identity] : undefined
  return {
    sql: outer ? `${left.sql} LEFT JOIN ${right.sql} ON true` : `${left.sql} CROSS JOIN ${right.sql}`,
    columns: [...left.columns, ...right.columns],
    identity,
    names: [...left.names, ...right.names],
  }
}

/** A function that returns rows, made of columns beside it. */
export function functionSource(g: Grammar, left: Source): Source | undefined {
  const scope: Scope = { columns: left.columns, identity: undefined }
  const alias = g.alias()
  const possible: { call: string; kind: 'int' | 'text' | 'json' }[] = []
  const add = (found: readonly Expression[], write: (sql: string) => string, kind: 'int' | 'text' | 'json'): void => {
    if (found.length > 0) possible.push({ call: write(g.random.pick(found).sql), kind })
  }
  add(ofKind(scope, 'ints'), (sql) => `unnest(${sql})`, 'int')
  add(ofKind(scope, 'texts'), (sql) => `unnest(${sql})`, 'text')
  add(ofKind(scope, 'int'), (sql) => `generate_series(1, least(${sql}, 3))`, 'int')
  add(
    ofKind(scope, 'json'),
    (sql) => `jsonb_array_elements(CASE jsonb_typeof(${sql}) WHEN 'array' THEN ${sql} ELSE '[]' END)`,
    'json',
  )
  add(
    ofKind(scope, 'json'),
    (sql) => `jsonb_object_keys(CASE jsonb_typeof(${sql}) WHEN 'object' THEN ${sql} ELSE '{}' END)`,
    'text',
  )
  if (possible.length === 0) return undefined
  const { call, kind } = g.random.pick(possible)
  g.tag('function in from')
  const name = g.column(kind)
  const ordinality = g.random.chance(0.4)
  const place = g.column('big')
  const columns = [
    expression(`${alias}.${name}`, kind, kind !== 'json'),
    ...(ordinality ? [expression(`${alias}.${place}`, 'big')] : []),
  ]
  const right: Source = {
    sql: `LATERAL ${call}${ordinality ? ` WITH ORDINALITY ${alias} (${name}, ${place})` : ` ${alias} (${name})`}`,
    columns,
    identity: ordinality ? columns.slice(1) : undefined,
    names: [],
  }
  return beside(g, left, right)
}
