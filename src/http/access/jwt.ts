import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { JwtRules } from '../../define/http-types.js'
import { Problem } from '../problem.js'

export interface VerifiedJwt {
  readonly role: string
  readonly claims: JWTPayload
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Each kind of key has algorithms of its own, so that a public key can never be taken for a secret, and `none` for a
 * signature.
 */
const algorithms = {
  secret: ['HS256', 'HS384', 'HS512'],
  jwks: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
} as const

const clockToleranceSeconds = 5

export type VerifyJwt = (token: string) => Promise<VerifiedJwt>

/** @returns what verifies a token, or throws a Problem: 401 where it is not valid, 403 where its role is not allowed. */
export function jwtVerifier(rules: JwtRules): VerifyJwt {
  const { key } = rules
  const getKey: JWTVerifyGetKey | undefined = key.kind === 'jwks' ? createRemoteJWKSet(new URL(key.url)) : undefined
  const options = {
    algorithms: [...algorithms[key.kind]],
    requiredClaims: ['exp'],
    clockTolerance: clockToleranceSeconds,
    ...(rules.issuer === null ? {} : { issuer: rules.issuer }),
    ...(rules.audience === null ? {} : { audience: rules.audience }),
  }
  return async (token) => {
    try {
      const { payload } =
        key.kind === 'secret'
          ? await jwtVerify(token, key.secret, options)
          : await jwtVerify(token, getKey as JWTVerifyGetKey, options)
      return { role: roleOf(payload, rules), claims: payload, expiresAt: (payload.exp ?? 0) * 1000 }
    } catch (error) {
      throw error instanceof Problem ? error : refusal(error)
    }
  }
}

export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)
}

function roleOf(payload: JWTPayload, rules: JwtRules): string {
  const named = rules.roleClaim.split('.').reduce<unknown>(property, payload)
  const role = named === undefined || named === null ? rules.defaultRole : named
  if (typeof role === 'string' && rules.roles.includes(role)) return role
  throw new Problem('FORBIDDEN', 'The token names no role that is allowed here.')
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function refusal(error: unknown): Problem {
  if (error instanceof errors.JWTExpired) return invalidToken('The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalidToken(`The token's claim "${error.claim}" is not as it must be.`)
  const unavailable =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC'
  if (unavailable)
    return new Problem('OVERLOADED', 'The keys that tokens are verified with cannot be had at this moment.', {
      cause: error,
    })
  return invalidToken('The token is not valid.')
}

export function invalidToken(message: string): Problem {
  return new Problem('UNAUTHENTICATED', message, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
}
