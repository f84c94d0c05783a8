export interface Authorized {
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
}

const known: ReadonlySet<string> = new Set(['role', 'claims'])

/**
 * What `authorize` answered: a grant, null for a refusal, undefined where it leaves it to the other rules. Whatever else it
 * is, a user's record or a Response say, is a mistake, and must not open anything; so is a role that is `undefined`, where
 * the read would run as the server.
 * @throws TypeError
 */
export function authorizationOf(said: unknown): Authorized | null | undefined {
  if (said === undefined || said === null) return undefined
  if (said === false) return null
  if (said === true) return {}
  if (!isRecord(said) || !Object.keys(said).every((name) => known.has(name))) {
    throw mistake('something else than true, false, undefined or an object of role and claims')
  }
  const { role, claims } = said
  if ('role' in said && (typeof role !== 'string' || role === '')) throw mistake('a role that is no name')
  if ('claims' in said && !isRecord(claims)) throw mistake('claims that are no object')
  return said
}

/** As a literal makes them, in whatever realm; instances of classes are none. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function mistake(what: string): TypeError {
  return new TypeError(`http.access.authorize answered ${what}.`)
}
