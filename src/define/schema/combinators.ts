/**
 * What the schema is made of. These exist for their messages: a union of zod's cannot say which of its alternatives
 * was meant, nor a strict object which field.
 */
import { z } from 'zod'
import { didYouMean, show, wording } from './wording.js'

/** An object without unknown fields; each of those is a problem of its own, with the name that was perhaps meant. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape)
  const unknownOption = z.custom<never>(() => false, {
    error: (issue) => `unknown option${didYouMean(issue.path?.at(-1), known)}`,
  })
  // Same behaviour as `z.strictObject()`, whose type it takes; only the messages differ.
  return z.object(shape).catchall(unknownOption) as unknown as z.ZodObject<Shape, z.core.$strict>
}

/** A value that `read` turns into what is meant, or reports as a problem by calling `fail`. */
export function field<Input, Output>(
  read: (value: unknown, fail: (message: string, path?: PropertyKey[]) => void) => Output | undefined,
): z.ZodType<Output, Input> {
  return z.custom<Input>().transform((value: unknown, context): Output => {
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: 'is required', input: value })
      return z.NEVER
    }
    const output = read(value, (message, path = []) => {
      context.addIssue({ code: 'custom', message, path, input: value })
    })
    // null is a value: it stands for what was turned off.
    return output === undefined ? z.NEVER : output
  })
}

type Kind = 'string' | 'number' | 'boolean' | 'array' | 'object' | 'function'
type Alternatives = Readonly<Partial<Record<Kind, z.ZodType>>>

/** One of several schemas, chosen by the kind of value. */
export function byKind<A extends Alternatives>(
  expected: string,
  alternatives: A,
): z.ZodType<z.output<NonNullable<A[keyof A]>>, z.input<NonNullable<A[keyof A]>>> {
  return field((value, fail) => {
    const schema = (alternatives as Alternatives)[kindOf(value)]
    if (schema === undefined) {
      fail(`expected ${expected}, got ${show(value)}`)
      return undefined
    }
    return parseInto(schema, value, fail) as z.output<NonNullable<A[keyof A]>> | undefined
  })
}

/** Parses with an inner schema, and reports its problems as those of the outer value. */
export function parseInto<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  fail: (message: string, path: PropertyKey[]) => void,
): Output | undefined {
  const result = schema.safeParse(value, { error: wording })
  if (result.success) return result.data
  for (const issue of result.error.issues) fail(issue.message, issue.path)
  return undefined
}

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'function':
      return typeof value as Kind
    default:
      return 'object'
  }
}
