import type { FunctionFacts } from '../../compiler/facts.js'
import { type Queryable, rows } from '../database.js'

/** The columns of FunctionFacts, of a row `p` of pg_proc and `n` of pg_namespace. */
export const functionColumns = `n.nspname AS schema, p.proname AS name,
  CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
  p.prokind = 'a' AS aggregate, p.proretset AS "returnsSet",
  CASE WHEN n.nspname <> 'pg_catalog' THEN pg_catalog.md5(pg_catalog.concat_ws(E'\\x01', p.proargtypes, p.provolatile, p.proisstrict,
    p.prosrc, p.probin, p.prosqlbody, p.proconfig)) END AS body`

/**
 * An expression: as JSON, the functions not of PostgreSQL's own that views of these numbers apply, be it by their names
 * or through operators, casts and aggregates, which the text of the views does not show.
 */
export function appliedExpression(views: string): string {
  return `(SELECT coalesce(json_agg(f ORDER BY f.schema, f.name), '[]') FROM (
    SELECT DISTINCT ${functionColumns}
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    CROSS JOIN LATERAL (
      SELECT d.refobjid WHERE d.refclassid = 'pg_proc'::regclass
      UNION ALL SELECT o.oprcode FROM pg_operator o WHERE d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
      UNION ALL SELECT unnest(ARRAY[a.aggtransfn::oid, a.aggfinalfn::oid]) FROM pg_aggregate a
        WHERE d.refclassid = 'pg_proc'::regclass AND a.aggfnoid = d.refobjid) AS used (oid)
    JOIN pg_proc p ON p.oid = used.oid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE r.ev_class = ANY (${views})) f)`
}

/** The same of ordinary views. */
export async function appliedBy(database: Queryable, views: readonly number[]): Promise<readonly FunctionFacts[]> {
  if (views.length === 0) return []
  const query = `SELECT ${appliedExpression('$1::oid[]')} AS applied`
  const [found] = await rows<{ applied: FunctionFacts[] }>(database, query, [views])
  return found?.applied ?? []
}
