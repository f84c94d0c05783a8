import { restError } from './errors.js'

export interface Preferences {
  /** Say how many rows there are without limit and offset. */
  readonly count: boolean
  /** What was asked for and is done: the header Preference-Applied. */
  readonly applied: string | undefined
}

/** They say how writes are done, and so are met by every read. */
const ofWrites: ReadonlySet<string> = new Set(['return', 'resolution', 'missing', 'tx', 'max-affected'])
/** An exact count is also the best estimate. */
const counts: ReadonlySet<string> = new Set(['exact', 'planned', 'estimated'])

/** The header Prefer. What is not known is passed over, unless the client wants to be told. */
export function readPreferences(header: string | null): Preferences {
  const given = new Map<string, string>()
  for (const preference of (header ?? '').split(',')) {
    const [name = '', value = ''] = (preference.split(';')[0] ?? '').split('=').map((part) => part.trim())
    // The first of several is the one that counts.
    if (name !== '' && !given.has(name.toLowerCase())) given.set(name.toLowerCase(), value.replaceAll('"', ''))
  }
  const strict = given.get('handling') === 'strict'
  const unmet = [...given].filter(([name, value]) => !isMet(name, value)).map(([name, value]) => `${name}=${value}`)
  if (strict && unmet.length > 0) {
    throw restError(400, 'PGRST122', 'A preference cannot be met, and handling=strict was asked for', {
      details: `Not met: ${unmet.join(', ').slice(0, 200)}.`,
      hint: given.has('timezone') ? 'Times are given with their offset, in the time zone of the server.' : undefined,
    })
  }
  const count = counts.has(given.get('count') ?? '')
  const applied = [...(strict ? ['handling=strict'] : []), ...(count ? ['count=exact'] : [])]
  return { count, applied: applied.length === 0 ? undefined : applied.join(', ') }
}

function isMet(name: string, value: string): boolean {
  if (name === 'handling') return value === 'strict' || value === 'lenient'
  return name === 'count' ? counts.has(value) : ofWrites.has(name)
}
