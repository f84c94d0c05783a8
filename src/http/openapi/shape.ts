/** JSON Schema of what travels, held to its types: https://json-schema.org/draft/2020-12 */

export type Schema = Readonly<Record<string, unknown>>

export const text: Schema = { type: 'string' }
export const number: Schema = { type: 'number' }
export const integer: Schema = { type: 'integer' }
export const flag: Schema = { type: 'boolean' }
export const time: Schema = { type: 'string', format: 'date-time' }

export function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

type Optional<Type> = { [Name in keyof Type]-?: undefined extends Type[Name] ? Name : never }[keyof Type] & string

/** Each field of a type has to be named here, and each that may be left out. */
export function shapeOf<Type extends object>(
  properties: { readonly [Name in keyof Type]-?: Schema },
  ...optional: readonly Optional<Type>[]
): Schema {
  const names = Object.keys(properties)
  return {
    type: 'object',
    properties,
    required: names.filter((name) => !(optional as readonly string[]).includes(name)),
  }
}
