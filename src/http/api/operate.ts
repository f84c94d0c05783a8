import { rows, transaction } from '../../engine/database.js'
import { databaseError } from '../../engine/databaseError.js'
import { verifyView } from '../../engine/verify.js'
import type { OperationAnswer, VerifyAnswer } from '../../protocol/api.js'
import type { ViewState } from '../../protocol/freshness.js'
import { ask } from '../ask.js'
import type { HttpContext } from '../context.js'
import { Problem } from '../problem.js'
import type { ServedView } from '../views.js'
import { isoTime } from './times.js'

/** What an operator does to one view. */
export type Operation = { readonly kind: 'pause' | 'resume' } | { readonly kind: 'bypass'; readonly on: boolean }

export async function operate(context: HttpContext, view: ServedView, operation: Operation): Promise<OperationAnswer> {
  const [text, values] = statementOf(operation)
  try {
    await transaction(context.database, (connection) => rows(connection, text, [view.qualified, ...values]), begin)
  } catch (error) {
    throw said(error)
  }
  context.views.invalidate()
  const [now] = await ask<{ state: ViewState; bypassed: boolean }>(
    context,
    `SELECT s.state, v.bypassed
     FROM tidemark.state s JOIN tidemark.view v ON v.id = s.view_id WHERE v.id = $1`,
    [view.id],
  )
  if (now === undefined) throw new Problem('UNKNOWN_VIEW', `There is no view named "${view.name}".`)
  return { view: view.name, ...now }
}

/** Whoever reads or refreshes the view holds up a change of it for a moment. */
const begin = "BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s'"

function statementOf(operation: Operation): readonly [string, readonly unknown[]] {
  switch (operation.kind) {
    case 'pause':
      return ['SELECT tidemark.pause($1)', []]
    case 'resume':
      return ['SELECT tidemark.resume($1)', []]
    case 'bypass':
      return ['SELECT tidemark.bypass($1, $2)', [operation.on]]
  }
}

/** As long as it takes: connections for requests may be limited to what a read takes. */
const beginVerification = 'BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0'

/** Brings the view up to one snapshot, and compares it with its query there. */
export async function verify(context: HttpContext, view: ServedView): Promise<VerifyAnswer> {
  try {
    const { missing, unexpected, checkedAt } = await context.work.run((ending) =>
      verifyView(context.database, view.qualified, { begin: beginVerification, ...ending }),
    )
    return { view: view.name, missing, unexpected, checkedAt: isoTime(checkedAt) }
  } catch (error) {
    throw said(error)
  }
}

/** An operator is told what the database says, but for what it says of itself. */
function said(error: unknown): unknown {
  const known = databaseError(error)
  const { code, message, hint } = known
  if (code.startsWith('DATABASE_') || code === 'INTERNAL' || known instanceof Problem) return error
  return new Problem(code, message, { ...(hint === undefined ? {} : { hint }), cause: error })
}
