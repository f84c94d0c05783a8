import type { ColumnFacts, FunctionFacts, IndexFacts, OutputColumn, QueryFacts, RelationFacts } from './facts.js'
import { relationKey } from './facts.js'

/** `id! uuid, note text`: columns of a table for a test; the exclamation mark says NOT NULL. */
export function table(
  name: string,
  columns: string,
  options: {
    references?: string[]
    keys?: string[][]
    indexes?: string[][]
    rows?: number
    kind?: RelationFacts['kind']
  } = {},
): RelationFacts {
  const indexes = [...(options.keys ?? []), ...(options.indexes ?? [])].map(
    (list, index): IndexFacts => ({ name: `i${index}`, columns: list, unique: false, partial: false, method: 'btree' }),
  )
  return {
    oid: [...name].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7) % 1_000_000,
    schema: 'public',
    name,
    kind: options.kind ?? 'table',
    columns: columns.split(',').map(column),
    keys: options.keys ?? [],
    indexes,
    rows: options.rows ?? 1_000_000,
    bytes: 100_000_000,
    read: 'all',
    capture: { schema: 'public', name, log: name },
    references: options.references ?? [],
    hasChildren: false,
  }
}

function column(text: string): ColumnFacts {
  const [name = '', ...type] = text.trim().split(' ')
  return {
    name: name.replace('!', ''),
    type: type.join(' '),
    notNull: name.endsWith('!'),
    virtual: false,
    nondeterministic: false,
    comparable: true,
  }
}

const builtIn = (
  name: string,
  volatility: FunctionFacts['volatility'],
  kind: 'function' | 'aggregate' | 'set' = 'function',
): FunctionFacts => ({
  schema: 'pg_catalog',
  name,
  volatility,
  aggregate: kind === 'aggregate',
  returnsSet: kind === 'set',
  body: null,
})

const functions = [
  builtIn('count', 'immutable', 'aggregate'),
  builtIn('sum', 'immutable', 'aggregate'),
  builtIn('max', 'immutable', 'aggregate'),
  builtIn('avg', 'immutable', 'aggregate'),
  builtIn('array_agg', 'immutable', 'aggregate'),
  builtIn('date_trunc', 'stable'),
  builtIn('timezone', 'immutable'),
  builtIn('now', 'stable'),
  builtIn('random', 'volatile'),
  builtIn('jsonb_each', 'immutable', 'set'),
  { ...builtIn('secret', 'stable'), schema: 'public' },
]

/** Facts of a canonical query over these tables. `output`: `name type` pairs, as for a table. */
export function factsOf(canonical: string, output: string, relations: readonly RelationFacts[]): QueryFacts {
  const byName = new Map<string, FunctionFacts[]>()
  for (const facts of functions) byName.set(facts.name, [...(byName.get(facts.name) ?? []), facts])
  return {
    canonical,
    output: output.split(',').map((text): OutputColumn => {
      const { name, type } = column(text)
      const comparable = type !== 'json'
      const image = !/^(numeric|real|double|interval|json)/.test(type)
      return { name, type, comparable, builtinEquality: comparable, image, nondeterministic: false }
    }),
    relations: new Map(relations.map((relation) => [relationKey(relation.schema, relation.name), relation])),
    functions: byName,
    applied: [],
    faithful: true,
  }
}
