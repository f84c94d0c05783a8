import { ident, join, literal, sql } from '../compiler/fragment.js'
import type { Queryable } from '../engine/database.js'
import { type CatalogSource, catalogVersion } from './catalog.js'
import type { RefreshRequest } from './when.js'

/**
 * What other sessions could have changed, found by one cheap statement for all views together.
 *
 * A poll looks for log rows that it sees and the poll before it could not: those of transactions that had not begun
 * then (`xid >= xmax`) or were still running (`xid` among those in progress). So a transaction that began long ago and
 * commits late is seen, which a greatest id or a timestamp would miss; and no poll reads what an earlier one has read.
 * When no transaction at all has ended since, the two snapshots are the same, and nothing more is asked.
 */
export interface PollResult {
  /** The database's clock, in milliseconds since 1970. Whoever's as-of is later has seen all that the poll saw. */
  readonly now: number
  /** Absent when no transaction has ended since the last poll. */
  readonly seen?: Seen
}

export interface Seen {
  /** Numbers of the sources with new log rows; null when it could not be told which. */
  readonly sources: readonly number[] | null
  readonly requests: ReadonlyMap<number, RefreshRequest>
  /** Of the catalog. */
  readonly version: string
  /** When the server started. Another one has perhaps lost what was seen. */
  readonly server: string
}

/** A connection of its own, on which a statement can be prepared; or any connection. */
export interface PollConnection extends Queryable {
  readonly session?: object
}

interface SeenRow {
  readonly snapshot: string
  readonly now: number
  readonly sources: number[]
  readonly requests: { id: number; at: number; full: boolean }[]
  readonly version: string
  readonly server: string
}

/**
 * A poll must not wait for a log that is locked, as it is for milliseconds when it is emptied and for longer when its
 * table is altered: the views over all other logs wait with it. In milliseconds.
 */
export const pollLockMs = 300

const clock = '(extract(epoch FROM clock_timestamp()) * 1000)::double precision'
const preparedName = 'tidemark_poll'

export class Poller {
  #since: string | undefined
  #text = lookStatement([])
  #preparedIn: object | undefined

  /** Everything counts as new at the next poll. For when it is not known what was missed. */
  forget(): void {
    this.#since = undefined
  }

  watch(sources: readonly CatalogSource[]): void {
    this.#text = lookStatement(sources)
    this.#preparedIn = undefined
  }

  /** @param expectsNews Skips asking whether there is any. */
  async poll(connection: PollConnection, expectsNews: boolean): Promise<PollResult> {
    if (this.#since !== undefined && !expectsNews) {
      const { rows } = await connection.query<{ snapshot: string; now: number }>(
        `SELECT pg_current_snapshot()::text AS snapshot, ${clock} AS now`,
      )
      const [row] = rows
      if (row !== undefined && row.snapshot === this.#since) return { now: row.now }
    }
    const since = this.#since
    const row = await this.#look(connection, since)
    this.#since = row.snapshot
    return resultOf(row, since === undefined ? null : row.sources)
  }

  /** All but the logs, where one of them is locked: each table may have been written to. The next poll looks from where it was. */
  async pollPastLogs(connection: PollConnection): Promise<PollResult> {
    return resultOf(await this.#look(connection, undefined), null)
  }

  async #look(connection: PollConnection, since: string | undefined): Promise<SeenRow> {
    const { xmax, running } = parseSnapshot(since ?? '0:0:')
    // Everything is new in the beginning: there is nothing to look for.
    const text = since === undefined ? lookStatement([]) : this.#text
    const { session } = connection
    if (session === undefined || since === undefined) return only(await connection.query(text, [xmax, running]))
    try {
      if (this.#preparedIn !== session) await this.#prepare(connection, text)
      this.#preparedIn = session
      const parameters = sql`${literal(xmax)}, ${literal(`{${running.join(',')}}`)}`
      return only(await connection.query(`EXECUTE ${preparedName} (${parameters.text})`))
    } catch (error) {
      this.#preparedIn = undefined
      throw error
    }
  }

  /** With hundreds of logs, planning takes longer than looking. */
  async #prepare(connection: Queryable, text: string): Promise<void> {
    await connection.query('DEALLOCATE ALL')
    await connection.query(`PREPARE ${preparedName} (xid8, xid8[]) AS ${text}`)
  }
}

function resultOf({ now, requests, version, server }: SeenRow, sources: readonly number[] | null): PollResult {
  const byView = new Map(requests.map(({ id, at, full }) => [id, { at, full }]))
  return { now, seen: { sources, requests: byView, version, server } }
}

function only({ rows }: { rows: SeenRow[] }): SeenRow {
  const [row] = rows
  if (row === undefined) throw new Error('the poll returned nothing')
  return row
}

function lookStatement(sources: readonly CatalogSource[]): string {
  const each = sources.map(({ id, log }) => {
    const rows = sql`SELECT FROM ${ident('tidemark_log', log)} l`
    return sql`CASE WHEN EXISTS (${rows} WHERE l.tidemark_xid >= p.xmax) OR EXISTS (${rows} WHERE l.tidemark_xid = ANY (p.running)) THEN ${id} END`
  })
  return `SELECT pg_current_snapshot()::text AS snapshot, ${clock} AS now,
    array_remove(ARRAY[${join(each).text}]::integer[], NULL) AS sources,
    (SELECT coalesce(json_agg(r), '[]') FROM (SELECT view_id AS id, bool_or(full_refresh) AS full,
       (extract(epoch FROM max(requested_at)) * 1000)::double precision AS at FROM tidemark.request GROUP BY view_id) r
    ) AS requests,
    ${catalogVersion} AS version, extract(epoch FROM pg_postmaster_start_time())::text AS server
    FROM (SELECT $1::xid8 AS xmax, $2::xid8[] AS running) p`
}

/** `xmin:xmax:id,id,…` */
export function parseSnapshot(text: string): { xmax: string; running: string[] } {
  const [, xmax, running] = /^\d+:(\d+):([\d,]*)$/.exec(text) ?? []
  if (xmax === undefined || running === undefined) throw new Error(`not a snapshot: ${text}`)
  return { xmax, running: running === '' ? [] : running.split(',') }
}
