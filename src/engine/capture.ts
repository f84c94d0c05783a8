import { type Fragment, ident, join, literal, sql, trusted } from '../compiler/fragment.js'

/** How the changes of one table are captured. The one piece to replace where tables cannot have row triggers. */
export interface CaptureRequest {
  /** Number of the source, which names its functions and the children of its log. */
  readonly source: number
  /** `tidemark_log` table. */
  readonly log: string
  /** Columns whose change matters to some view. */
  readonly watched: readonly WatchedColumn[]
  /** Columns whose images are logged: a subset of the watched ones. */
  readonly logged: readonly string[]
  /** Whether writers send the throttled wake-up. Not where two-phase commit is on: NOTIFY cannot be prepared. */
  readonly wakes: boolean
}

export interface WatchedColumn {
  readonly name: string
  /** Has an equality of PostgreSQL's own; else its image is compared. */
  readonly comparable: boolean
}

/** One of the tables that the log of a source consists of. Child 0 takes the markers that do not come with rows. */
export function logChild(source: number, child: number): Fragment {
  return ident('tidemark_log', logChildName(source, child))
}

/** No log itself has such a name: none begins with a tilde. */
export function logChildName(source: number, child: number): string {
  return `~${source}_${child}`
}

/** At most one wake-up in this many milliseconds, over all tables of the database. */
const wakeEveryMs = 100

/**
 * The function that runs for every changed row, as it would be if it wrote to child 0: `tidemark.write_to` replaces that.
 * It is all that a writer pays, so it is written for that: counted with callgrind on top of an update's 59,000
 * instructions, it costs 50,000, of which the insert into the log is 22,000, and calling any row trigger at all 14,000.
 *
 * Row triggers, not statement triggers with transition tables: for single-row statements, which is what applications
 * send, a transition table costs twice as much (13 µs against 6 µs on top of a 6 µs update), and for 100,000 rows in one
 * statement no less (2,060 ms against 1,900). They are cloned to partitions by PostgreSQL, fire for logical replication,
 * and are what Citus shards accept.
 *
 * SECURITY DEFINER without SET search_path, which would cost 13,000 more: nothing in the body is looked up by the
 * search path. Every function, operator, type and table is written with its schema; keep it so.
 *
 * `moved` is NULL but for an UPDATE.
 *
 * Reading a column fails once the table was altered under us. The inner block turns that into a marker that makes the
 * views recompute, and so say what is wrong: a writer never fails because of a view. The subtransaction of that block
 * writes nothing, so it gets no transaction id.
 */
export function captureFunction(request: CaptureRequest): Fragment {
  const { source, log, watched, logged } = request
  const table = logChild(source, 0)
  const columns = logged.map((name) => ident(name))
  const before = logged.map((_, index) => ident(`before_${index}`))
  const after = logged.map((_, index) => ident(`after_${index}`))
  const declare = logged.flatMap((name, index) => {
    const type = sql`${ident('tidemark_log', log)}.${ident(name)}%TYPE`
    return [sql`  ${before[index] ?? sql``} ${type};`, sql`  ${after[index] ?? sql``} ${type};`]
  })
  const read = (record: 'OLD' | 'NEW', into: readonly Fragment[]): Fragment =>
    join(
      logged.map((name, index) => sql`      ${into[index] ?? sql``} := ${trusted(record)}.${ident(name)};\n`),
      '',
    )
  const insert = (sign: string, values: readonly Fragment[]): Fragment =>
    sql`INSERT INTO ${table} (${join([sql`tidemark_xid`, sql`tidemark_sign`, ...columns])}) VALUES (${join([sql`pg_catalog.pg_current_xact_id()`, trusted(sign), ...values])});`
  const image = watched.filter((column) => logged.includes(column.name))
  const rest = watched.filter((column) => !logged.includes(column.name))
  return sql`CREATE OR REPLACE FUNCTION ${ident('tidemark_log', `capture_${source}`)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS ${body(sql`
DECLARE
  moved boolean;
${join(declare, '\n')}
BEGIN
  BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
      moved := ${anyDifferent(image)};
      IF NOT moved AND NOT (${anyDifferent(rest)}) THEN
        RETURN NULL;
      END IF;
${read('NEW', after)}      IF moved THEN
${read('OLD', before)}        NULL;
      END IF;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
${read('NEW', after)}      NULL;
    ELSE
${read('OLD', before)}      NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    ${marker(source)};
    RETURN NULL;
  END;
  IF NOT moved THEN
    ${insert('0', after)}
  ELSE
    IF TG_OP OPERATOR(pg_catalog.<>) 'INSERT' THEN
      ${insert('-1', before)}
    END IF;
    IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN
      ${insert('1', after)}
    END IF;
  END IF;
${request.wakes ? wake : sql``}  RETURN NULL;
END `)}`
}

const milliseconds = sql`pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000.0::pg_catalog.float8`

/** The first ever, and then one in a while: a sequence shows at once, to all, when the last was sent. */
const wake = sql`  IF coalesce(pg_catalog.pg_sequence_last_value('tidemark.wake'::pg_catalog.regclass), 0)
      OPERATOR(pg_catalog.<) (${milliseconds} OPERATOR(pg_catalog.-) ${wakeEveryMs}.0::pg_catalog.float8) THEN
    PERFORM pg_catalog.setval('tidemark.wake', (${milliseconds})::pg_catalog.int8);
    PERFORM pg_catalog.pg_notify('tidemark', '');
  END IF;
`

/** True where any of these columns differs, NULL being a value like others. */
function anyDifferent(columns: readonly WatchedColumn[]): Fragment {
  if (columns.length === 0) return sql`false`
  return join(
    columns.map(({ name, comparable }) => {
      const [old, now] = [sql`OLD.${ident(name)}`, sql`NEW.${ident(name)}`]
      if (!comparable)
        return sql`ROW(${old})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(${now})::pg_catalog.record`
      return sql`((${old} OPERATOR(pg_catalog.<>) ${now}) IS NOT FALSE AND NOT (${old} IS NULL AND ${now} IS NULL))`
    }),
    ' OR ',
  )
}

/** TRUNCATE says nothing of the rows that went. */
export function truncateFunction(source: number): Fragment {
  return sql`CREATE OR REPLACE FUNCTION ${ident('tidemark_log', `truncate_${source}`)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${body(sql`
BEGIN
  ${marker(source)};
  RETURN NULL;
END `)}`
}

/** Says that something happened of which the rows are not known. */
export function marker(source: number): Fragment {
  return sql`INSERT INTO ${logChild(source, 0)} (tidemark_xid, tidemark_sign) VALUES (pg_catalog.pg_current_xact_id(), NULL)`
}

/** A function body as a literal: no dollar quote can be broken out of. */
function body(text: Fragment): Fragment {
  return literal(text.text)
}
