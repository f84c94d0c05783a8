import { createHash, randomBytes } from 'node:crypto'
import { httpActions } from '../../define/http-options.js'
import type { AccessRules } from '../../define/http-types.js'

export interface Pass {
  readonly rules: AccessRules
  /** A token for everything, which nobody else knows; null where the configuration says who may do what. */
  readonly token: string | null
}

/** Where nothing opens anything, whoever started the server would be locked out as well. */
export function passFor(rules: AccessRules): Pass {
  const { open, tokens, jwt, authorize } = rules
  if (open.length + tokens.length > 0 || jwt !== null || authorize !== null) return { rules, token: null }
  const token = randomBytes(18).toString('base64url')
  const hash = createHash('sha256').update(token).digest()
  return { rules: { ...rules, tokens: [{ name: 'this run', hash, actions: httpActions, views: null }] }, token }
}
