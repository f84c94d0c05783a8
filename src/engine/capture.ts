import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'

/** How the changes of one table are captured. The one piece to replace where tables cannot have row triggers. */
export interface CaptureRequest {
  /** Number of the source, which names its functions. */
  readonly source: number
  /** `tidemark_log` table; its children are `<log>~a` and `<log>~b`. */
  readonly log: string
  /** The child that is written to. */
  readonly child: 'a' | 'b'
  /** Columns whose change matters to some view. */
  readonly watched: readonly WatchedColumn[]
  /** Columns whose images are logged: a subset of the watched ones. */
  readonly logged: readonly string[]
  /** Whether writers send the throttled wake-up. Not where two-phase commit is on: NOTIFY cannot be prepared. */
  readonly wakes: boolean
}

export interface WatchedColumn {
  readonly name: string
  /** Has an equality; else its text is compared. */
  readonly comparable: boolean
}

/** At most one wake-up in this many milliseconds, over all tables of the database. */
const wakeEveryMs = 100

/**
 * The function that runs for every changed row. It is all that a writer pays.
 *
 * Row triggers, not statement triggers with transition tables: for single-row statements, which is what applications
 * send, a transition table costs twice as much (13 µs against 6 µs on top of a 6 µs update), and for 100,000 rows in one
 * statement no less (2,060 ms against 1,900). They are cloned to partitions by PostgreSQL, fire for logical replication,
 * and are what Citus shards accept.
 *
 * Reading a column fails once the table was altered under us. The inner block turns that into a marker that makes the
 * views recompute, and so say what is wrong: a writer never fails because of a view. (A subtransaction that writes
 * nothing gets no transaction id; it costs about 1 µs.)
 */
export function captureFunction(request: CaptureRequest): Fragment {
  const { source, log, child, watched, logged } = request
  const table = ident('tidemark_log', `${log}~${child}`)
  const columns = logged.map((name) => ident(name))
  const before = logged.map((_, index) => ident(`before_${index}`))
  const after = logged.map((_, index) => ident(`after_${index}`))
  const declare = logged.flatMap((name, index) => {
    const type = sql`${ident('tidemark_log', log)}.${ident(name)}%TYPE`
    return [sql`  ${before[index] ?? sql``} ${type};`, sql`  ${after[index] ?? sql``} ${type};`]
  })
  const read = (record: string, into: readonly Fragment[]): Fragment =>
    join(
      logged.map((name, index) => sql`      ${into[index] ?? sql``} := ${trusted(record)}.${ident(name)};\n`),
      '',
    )
  const insert = (sign: string, values: readonly Fragment[]): Fragment =>
    sql`INSERT INTO ${table} (${join([sql`xid`, sql`sign`, ...columns])}) VALUES (${join([sql`pg_catalog.pg_current_xact_id()`, trusted(sign), ...values])});`
  return sql`CREATE OR REPLACE FUNCTION ${ident('tidemark_log', `capture_${source}`)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${body(sql`
DECLARE
${join(declare, '\n')}
BEGIN
  BEGIN
    IF TG_OP = 'UPDATE' AND NOT (${anyDifferent(watched)}) THEN
      RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
${read('OLD', before)}      NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
${read('NEW', after)}      NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    INSERT INTO ${table} (xid, sign) VALUES (pg_catalog.pg_current_xact_id(), NULL);
    RETURN NULL;
  END;
  IF TG_OP = 'INSERT' THEN
    ${insert('1', after)}
  ELSIF TG_OP = 'DELETE' THEN
    ${insert('-1', before)}
  ELSIF ${sameImage(before, after)} THEN
    ${insert('0', after)}
  ELSE
    ${insert('-1', before)}
    ${insert('1', after)}
  END IF;
${request.wakes ? wake : sql``}  RETURN NULL;
END `)}`
}

const wake = sql`  IF coalesce(pg_sequence_last_value('tidemark.wake'::regclass), 0) < date_part('epoch', clock_timestamp()) * 1000 - ${wakeEveryMs} THEN
    PERFORM setval('tidemark.wake', (date_part('epoch', clock_timestamp()) * 1000)::bigint);
    PERFORM pg_notify('tidemark', '');
  END IF;
`

/** TRUNCATE says nothing of the rows that went. */
export function truncateFunction(request: CaptureRequest): Fragment {
  const log = ident('tidemark_log', `${request.log}~a`)
  return sql`CREATE OR REPLACE FUNCTION ${ident('tidemark_log', `truncate_${request.source}`)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${body(sql`
BEGIN
  INSERT INTO ${log} (xid, sign) VALUES (pg_current_xact_id(), NULL);
  RETURN NULL;
END `)}`
}

function anyDifferent(watched: readonly WatchedColumn[]): Fragment {
  if (watched.length === 0) return sql`false`
  return join(
    watched.map(({ name, comparable }) => {
      const cast = comparable ? sql`` : sql`::text`
      return sql`OLD.${ident(name)}${cast} IS DISTINCT FROM NEW.${ident(name)}${cast}`
    }),
    ' OR ',
  )
}

function sameImage(before: readonly Fragment[], after: readonly Fragment[]): Fragment {
  if (before.length === 0) return sql`true`
  return sql`ROW(${join(before)})::record OPERATOR(pg_catalog.*=) ROW(${join(after)})::record`
}

/** A function body as a literal: no dollar quote can be broken out of. */
function body(text: Fragment): Fragment {
  return literal(text.text)
}
