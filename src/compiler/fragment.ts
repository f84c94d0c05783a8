/**
 * The one way in which SQL is made from values. A `Fragment` is text that is already safe; only `ident` and `literal`
 * turn a value into one, and the `sql` tag takes nothing but fragments and whole numbers.
 */
export class Fragment {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}

type Part = Fragment | number

export function sql(strings: TemplateStringsArray, ...parts: readonly Part[]): Fragment {
  let text = strings[0] ?? ''
  parts.forEach((part, index) => {
    if (typeof part === 'number' && !Number.isSafeInteger(part)) throw new RangeError(`not a whole number: ${part}`)
    text += (typeof part === 'number' ? String(part) : part.text) + (strings[index + 1] ?? '')
  })
  return new Fragment(text)
}

/** An identifier, quoted. Several parts make a qualified name. */
export function ident(...parts: readonly [string, ...string[]]): Fragment {
  return new Fragment(parts.map(quoteIdentifier).join('.'))
}

function quoteIdentifier(name: string): string {
  if (name.length === 0 || name.includes('\0')) throw new RangeError('not an identifier')
  return `"${name.replaceAll('"', '""')}"`
}

/** A string literal, quoted; safe whatever standard_conforming_strings says. */
export function literal(value: string | null): Fragment {
  if (value === null) return new Fragment('NULL')
  if (value.includes('\0')) throw new RangeError('a NUL byte cannot stand in a literal')
  const quoted = `'${value.replaceAll("'", "''")}'`
  return new Fragment(value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted)
}

/** SQL text that PostgreSQL or the deparser made: trusted as it is. */
export function trusted(text: string): Fragment {
  return new Fragment(text)
}

export function join(parts: readonly Fragment[], separator = ', '): Fragment {
  return new Fragment(parts.map((part) => part.text).join(separator))
}
