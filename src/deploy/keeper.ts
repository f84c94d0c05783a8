import { one, type Queryable } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'

/**
 * Refreshes have the rights of the role that deployed first. What another one makes they could not keep, and what it may
 * see is perhaps other than what they may.
 * @throws TidemarkError PRIVILEGE_MISSING, where another role deployed what is there.
 */
export async function checkKeeper(database: Queryable): Promise<void> {
  const { keeper, role, member } = await one<{ keeper: string | null; role: string; member: boolean | null }>(
    database,
    `SELECT k.rolname AS keeper, current_user::text AS role, pg_has_role(k.oid, 'MEMBER') AS member
     FROM (SELECT) AS here LEFT JOIN pg_proc p ON p.oid = to_regprocedure('tidemark.refresh(text, boolean)')
     LEFT JOIN pg_roles k ON k.oid = p.proowner`,
  )
  if (keeper === null || keeper === role) return
  const become = `PGOPTIONS="-c role=${keeper}" tidemark apply`
  const pass = `To hand everything over instead: REASSIGN OWNED BY … TO …, which takes all that ${keeper} owns in this database.`
  throw new TidemarkError(
    'PRIVILEGE_MISSING',
    `${keeper} deployed what is in this database, and refreshes have its rights: ${role} cannot deploy beside it.`,
    { hint: `${member ? `Connect as ${keeper}, or become it: ${become}.` : `Connect as ${keeper}.`} ${pass}` },
  )
}
