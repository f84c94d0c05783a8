/** Names of views: any identifier PostgreSQL can hold, quoted or not, with or without a schema. */

export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

export const defaultSchema = 'public'

/** NAMEDATALEN - 1: PostgreSQL cuts longer names short, silently, and two of them may become one. */
const longestIdentifierBytes = 63

const ownSchemas: ReadonlySet<string> = new Set(['tidemark', 'tidemark_data', 'tidemark_log', 'information_schema'])

/** Why the text cannot be a PostgreSQL identifier, or null when it can. It is taken as it is: nothing is unquoted. */
export function identifierProblem(name: string): string | null {
  if (name === '') return 'is empty'
  if (name.includes('\0')) return 'contains a NUL character, which PostgreSQL cannot hold'
  if (/\p{Surrogate}/u.test(name)) return 'is not well-formed Unicode'
  const bytes = Buffer.byteLength(name, 'utf8')
  if (bytes > longestIdentifierBytes) {
    return `is ${bytes} bytes long; a PostgreSQL name has at most ${longestIdentifierBytes}`
  }
  return null
}

/** Why views cannot be made in a schema of this name, or null when they can. */
export function schemaProblem(schema: string): string | null {
  if (ownSchemas.has(schema) || schema.startsWith('pg_')) return `names the schema "${schema}", which is not for views`
  return identifierProblem(schema)
}

export type NameReading = { readonly name: QualifiedName } | { readonly problem: string }

/**
 * Reads `'name'` or `'schema.name'`. With a schema given beside it, the name is taken whole, so that a name may
 * hold a dot.
 */
export function readName(written: string, schema: string | undefined, fallbackSchema: string): NameReading {
  const parts = schema === undefined ? written.split('.') : [schema, written]
  if (parts.length > 2) return { problem: 'has more than one dot; give the schema in the option "schema" instead' }
  if (schema !== undefined && written.startsWith(`${schema}.`)) {
    return { problem: `names the schema "${schema}", and so does the option "schema"; leave one of them out` }
  }
  const [first = '', second] = parts
  const name = second === undefined ? { schema: fallbackSchema, name: first } : { schema: first, name: second }
  const problem = identifierProblem(name.name) ?? schemaProblem(name.schema)
  return problem === null ? { name } : { problem }
}

/**
 * How a view is called in messages and on the command line: the schema is said where it is not `public`, or where a
 * dot in the name would be taken for one.
 */
export function displayName(view: QualifiedName): string {
  return view.schema === defaultSchema && !view.name.includes('.') ? view.name : `${view.schema}.${view.name}`
}
