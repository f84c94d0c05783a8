/** Whoever asks, by the credentials that were shown; and what that allows. */
import type { HttpAction } from '../../define/http-options.js'
import type { AccessRules, TokenRule } from '../../define/http-types.js'
import type { ServedView } from '../views.js'
import { bearerOf, ruleOf } from './credentials.js'
import { invalidToken, looksLikeJwt, type VerifiedJwt, type VerifyJwt } from './jwt.js'

export type Identity =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'token'; readonly rule: TokenRule }
  | { readonly kind: 'jwt'; readonly jwt: VerifiedJwt }

/** @throws Problem 401 where credentials are shown that are not valid. */
export async function identify(request: Request, rules: AccessRules, verify: VerifyJwt | null): Promise<Identity> {
  const token = bearerOf(request)
  const known = identifyAtOnce(token, rules, verify)
  if (known !== undefined) return known
  if (token === undefined || verify === null || !looksLikeJwt(token)) throw invalidToken('The token is not known.')
  return { kind: 'jwt', jwt: await verify(token) }
}

/** Nothing where the token is none of ours. */
export function identifyAtOnce(
  token: string | undefined,
  rules: AccessRules,
  verify: VerifyJwt | null,
): Exclude<Identity, { kind: 'jwt' }> | undefined {
  // Where there is nothing to compare it with, it is meant for somebody else.
  if (token === undefined || (rules.tokens.length === 0 && verify === null)) return anonymous
  const rule = ruleOf(token, rules.tokens)
  return rule === undefined ? undefined : { kind: 'token', rule }
}

export const anonymous = { kind: 'anonymous' } as const

/** Actions on views that whoever may read a view may do as well: the answers to reads say as much. */
const ofReaders: ReadonlySet<HttpAction> = new Set(['read', 'freshness'])

/** Without the privileges of PostgreSQL, which also decide for the role of a JWT. */
export function allows(identity: Identity, rules: AccessRules, action: HttpAction, view: ServedView | null): boolean {
  const actions = actionsOf(identity, rules)
  if (identity.kind === 'token' && !covers(identity.rule, view)) return false
  if (actions.includes(action)) return true
  const open = identity.kind !== 'token' && view?.public === true
  if (action === 'read-live') return view?.live === true && (open || actions.includes('read'))
  return open && ofReaders.has(action)
}

function actionsOf(identity: Identity, rules: AccessRules): readonly HttpAction[] {
  if (identity.kind === 'token') return identity.rule.actions
  if (identity.kind === 'jwt') return rules.jwt?.actions ?? []
  return rules.open
}

/** A token for some views says nothing of others, and nothing of all together. */
function covers({ views }: TokenRule, view: ServedView | null): boolean {
  if (views === null) return true
  return view !== null && (views.includes(view.name) || views.includes(view.qualified))
}
