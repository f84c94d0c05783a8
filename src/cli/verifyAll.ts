import { displayName } from '../define/names.js'
import type { DeployedView } from '../deploy/deployed.js'
import type { Database } from '../engine/database.js'
import { type Verification, verifyView } from '../engine/verify.js'
import { type ErrorBody, type ErrorCode, TidemarkError } from '../protocol/errors.js'
import { fullName } from './choose.js'
import { printable } from './format.js'
import type { Session } from './session.js'

/** A view that could not be compared has an error in place of its counts. */
export type CheckedView =
  | (Verification & { readonly error?: undefined })
  | {
      readonly view: string
      readonly missing: null
      readonly unexpected: null
      readonly checkedAt: Date
      readonly error: ErrorBody
    }

export function isBad({ missing, unexpected }: CheckedView): boolean {
  return missing !== 0 || unexpected !== 0
}

/** Trouble that all further views would have as well. */
const general: ReadonlySet<ErrorCode> = new Set([
  'DATABASE_UNREACHABLE',
  'DATABASE_AUTHENTICATION',
  'PRIVILEGE_MISSING',
  'INTERNAL',
])

/** Verifies one view after the other. One that cannot be refreshed does not hide what is found in the others. */
export async function verifyAll(
  database: Database,
  views: readonly DeployedView[],
  session: Session,
): Promise<CheckedView[]> {
  const { terminal } = session
  const results: CheckedView[] = []
  for (const view of views) {
    const name = displayName(view)
    terminal.redraw(terminal.errorColours.dim(`verifying ${printable(name)} …`))
    try {
      results.push({ ...(await verifyView(database, fullName(view))), view: name })
    } catch (error) {
      const ends = session.interrupted !== undefined || !(error instanceof TidemarkError) || general.has(error.code)
      if (ends) throw error
      results.push({ view: name, missing: null, unexpected: null, checkedAt: new Date(), error: error.toJSON() })
    }
  }
  return results
}
