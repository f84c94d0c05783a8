import { type Fragment, ident, literal, sql } from '../compiler/fragment.js'
import { begun, type Connection, type Database } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'
import { preparedFor } from './prepared.js'
import { type ReadState, type StateRow, stateOf } from './state.js'
import type { Statement } from './statement.js'
import { BindValues } from './values.js'

/** As whom, and under which settings, a statement runs. */
export interface Circumstances {
  readonly role: string | undefined
  readonly claims: object | undefined
  /** 0: as long as it takes. */
  readonly timeoutMs: number
  /** The time zone to compute under; else that of the connection. */
  readonly timeZone: string | undefined
}

/** What a read asks for besides rows. */
export interface StateNeed {
  /** 0: there is nothing to ask, the view is not deployed. */
  readonly id: number
  readonly look: boolean
  readonly live: boolean
  /** Of the view, as the statement was made for it; left out where it is not read. */
  readonly version?: string
}

export interface Answer {
  readonly state: ReadState
  readonly body: string
  readonly rows: number
  readonly total: number | null
}

interface BodyRow {
  readonly body: string
  readonly rows: number
  readonly total: string | null
}

/** Times as numbers: a driver takes longer to read one that is written out than everything else of a row. */
const asOf = sql`pg_catalog.date_part('epoch', as_of) * 1000 AS as_of`

/** Nothing is known of a view that is not deployed. Its query is computed at the time of the statement. */
const undeployed = sql`(SELECT NULL::text AS version, NULL::text AS state, NULL::text AS epoch, pg_catalog.date_part('epoch', pg_catalog.statement_timestamp()) * 1000 AS as_of, NULL::boolean AS fresh, NULL::double precision AS age, NULL::text AS history)`

export function stateSql({ id, look, live }: StateNeed, values?: BindValues): Fragment {
  if (id === 0) return undeployed
  const target = values === undefined ? sql`${id}` : sql`${values.add(id)}::integer`
  if (!look && !live) {
    // One row whether the view is there or not.
    return sql`(SELECT version, state, epoch, ${asOf}, NULL::boolean AS fresh, age, NULL::text AS history FROM (SELECT ${target} AS id) AS target LEFT JOIN tidemark.reading ON view_id = target.id)`
  }
  const flag = (on: boolean): Fragment => (on ? sql`true` : sql`false`)
  return sql`(SELECT version, state, epoch, ${asOf}, fresh, age, history FROM tidemark.read_state(${target}, ${flag(look)}, ${flag(live)}))`
}

/** Limits of time that a pool gives all of its connections need not be set again for each statement. */
function limitOf(database: Database): number {
  const { options } = database as { options?: { statement_timeout?: unknown } }
  return typeof options?.statement_timeout === 'number' ? options.statement_timeout : 0
}

/**
 * Runs a reading statement. As nobody in particular and under no settings of its own, it is one round trip. `state` is asked
 * as who is connected: a role that reads need not see Tidemark's catalog.
 */
export async function runReading(
  database: Database,
  need: StateNeed,
  circumstances: Circumstances,
  make: (state: Fragment, values: BindValues) => Statement,
): Promise<Answer> {
  const { role, claims, timeoutMs, timeZone } = circumstances
  const started = performance.now()
  const asItIs = role === undefined && claims === undefined && timeZone === undefined
  if (asItIs && (timeoutMs === 0 || timeoutMs === limitOf(database))) {
    const values = new BindValues()
    const { text, values: bound } = make(stateSql(need, values), values)
    const rows = await preparedFor(database).run<StateRow & BodyRow>(text, bound, need.version)
    return answerOf(rows[0], rows[0], started)
  }
  const read = async (connection: Connection): Promise<Answer> => {
    const state = await begin(connection, need, circumstances)
    const { text, values } = make(sql`(SELECT 1)`, new BindValues())
    const { rows } = await connection.query<BodyRow>(text, values)
    return answerOf(state, rows[0], started)
  }
  return need.version === undefined
    ? begun(database, read)
    : begun(database, read, (connection, answer) => stillThere(connection, need, answer))
}

/**
 * Names are looked up in the catalog as it is when a statement begins, and rows at the snapshot, which was taken when the state
 * was asked: of a view that was swapped in between, none would be found. So its version is asked once more at the end, with no
 * snapshot of before. One that was swapped tells no version.
 */
async function stillThere(connection: Connection, { id }: StateNeed, answer: Answer): Promise<Answer> {
  const told: unknown = await connection.query(
    `COMMIT; ${sql`SELECT version FROM tidemark.reading WHERE view_id = ${id}`.text}`,
  )
  const [row] = (told as { rows: { version: string }[] }[])[1]?.rows ?? []
  return row?.version === answer.state.version
    ? answer
    : { ...answer, state: { ...answer.state, version: null, fresh: null } }
}

function answerOf(state: StateRow | undefined, body: BodyRow | undefined, started: number): Answer {
  if (state === undefined || body === undefined) throw new Error('a reading statement returned nothing')
  return {
    state: stateOf(state, started),
    body: body.body,
    rows: body.rows,
    total: body.total === null ? null : Number(body.total),
  }
}

/** One round trip: the snapshot of the whole transaction is taken when the state is asked, before the role is put on. */
async function begin(connection: Connection, need: StateNeed, circumstances: Circumstances): Promise<StateRow> {
  const { role, claims, timeoutMs, timeZone } = circumstances
  const settings = [
    sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
    sql`SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`,
    ...(timeZone === undefined ? [] : pinned(timeZone)),
  ]
  const state = sql`SELECT * FROM ${stateSql(need)} AS state`
  const identity = [
    ...(role === undefined ? [] : [sql`SET LOCAL ROLE ${ident(checkedRole(role))}`]),
    ...(role === undefined && claims === undefined
      ? []
      : [sql`SELECT pg_catalog.set_config('request.jwt.claims', ${literal(JSON.stringify(claims ?? {}))}, true)`]),
  ]
  const text = [...settings, state, ...identity].map((statement) => statement.text).join('; ')
  const answer: unknown = await connection.query(text).catch((error: unknown) => {
    throw role !== undefined && isUnknownRole(error) ? noSuchRole(role) : error
  })
  const found = (answer as { rows: StateRow[] }[])[settings.length]?.rows[0]
  if (found === undefined) throw new Error('the state of a view could not be read')
  return found
}

/** As the view's rows are computed when they are kept. */
function pinned(timeZone: string): Fragment[] {
  return [
    sql`SET LOCAL ${ident('TimeZone')} = ${literal(timeZone)}`,
    sql`SET LOCAL datestyle = 'ISO, MDY'`,
    sql`SET LOCAL intervalstyle = 'postgres'`,
    sql`SET LOCAL extra_float_digits = 1`,
    sql`SET LOCAL jit = off`,
  ]
}

/** "none" is PostgreSQL's word for no role at all, quoted or not: whoever asked for it would read as the server does. */
function checkedRole(role: string): string {
  if (role === '' || role === 'none' || role.includes('\0') || Buffer.byteLength(role) > 63) throw noSuchRole(role)
  return role
}

function isUnknownRole(error: unknown): boolean {
  return (error as { code?: string }).code === '22023'
}

function noSuchRole(role: string): TidemarkError {
  return new TidemarkError('PRIVILEGE_MISSING', `Nothing can be read as the role "${role}".`, {
    hint: 'The role must exist, and the role that the server connects as must be a member of it: GRANT … TO …;',
  })
}
