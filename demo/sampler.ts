import type { Pool } from 'pg'
import type { Writers } from '../examples/arena/writes.js'
import { readStatus } from '../src/engine/status.js'
import type { RefreshFigures, ViewFigures, WriteFigures } from './frame.js'
import type { Stage } from './setup.js'

interface RunRow {
  readonly id: string
  readonly view: string
  readonly mode: string
  readonly slices: string | null
  readonly changed: string
  readonly duration_ms: number
}

interface Seen {
  last: RefreshFigures | null
  /** Milliseconds of every refresh. */
  readonly durations: number[]
  totalMs: number
  readonly ages: number[]
}

/** Watches the views as anyone could, with SELECTs on the catalog: freshness, and the history of runs. */
export class ViewSampler {
  readonly #seen = new Map<string, Seen>()
  #lastRun = '0'

  constructor(private readonly stage: Stage) {}

  /** Refreshes from now on count; those before, of the deployment, do not. */
  async start(): Promise<void> {
    const { rows } = await this.stage.pool.query<{ id: string }>('select coalesce(max(id), 0) as id from tidemark.run')
    this.#lastRun = rows[0]?.id ?? '0'
  }

  async read(): Promise<ViewFigures[]> {
    const { pool, views, concurrentlyMs } = this.stage
    await this.#readRuns(pool)
    const statuses = new Map((await readStatus(pool)).map((status) => [status.view, status]))
    return views.map(({ name, freshnessMs }): ViewFigures => {
      const status = statuses.get(name)
      const seen = this.#of(name)
      seen.ages.push(status?.stalenessSeconds ?? 0)
      return {
        view: name,
        state: status?.state ?? 'unknown',
        rows: status?.rows ?? 0,
        ageSeconds: status?.stalenessSeconds ?? 0,
        freshnessSeconds: freshnessMs === null ? null : freshnessMs / 1000,
        pendingChanges: status?.pendingChanges ?? 0,
        last: seen.last,
        refreshes: seen.durations.length,
        totalMs: seen.totalMs,
        history: seen.durations.slice(-60),
        concurrentlyMs: concurrentlyMs.get(name) ?? null,
      }
    })
  }

  /** Of every refresh seen so far. */
  durationsOf(view: string): readonly number[] {
    return this.#of(view).durations
  }

  /** Its age, each time it was looked at. */
  agesOf(view: string): readonly number[] {
    return this.#of(view).ages
  }

  async #readRuns(pool: Pool): Promise<void> {
    const { rows } = await pool.query<RunRow>(
      `select r.id, v.view_name as view, r.mode, r.slices, r.inserted + r.updated + r.deleted as changed, r.duration_ms
       from tidemark.run r join tidemark.view v on v.id = r.view_id
       where r.id > $1 and r.mode in ('incremental', 'full') order by r.id`,
      [this.#lastRun],
    )
    for (const row of rows) {
      const seen = this.#of(row.view)
      const slices = row.slices === null ? null : Number(row.slices)
      seen.last = { mode: row.mode, slices, changedRows: Number(row.changed), durationMs: row.duration_ms }
      seen.durations.push(row.duration_ms)
      seen.totalMs += row.duration_ms
      this.#lastRun = row.id
    }
  }

  #of(view: string): Seen {
    const known = this.#seen.get(view)
    if (known !== undefined) return known
    const seen: Seen = { last: null, durations: [], totalMs: 0, ages: [] }
    this.#seen.set(view, seen)
    return seen
  }
}

/** Turns the writers' counters into rates. */
export class WriteSampler {
  readonly #history: number[] = []
  #before = { at: performance.now(), rows: 0, transactions: 0 }
  #rates = { rows: 0, transactions: 0 }

  constructor(
    private readonly writers: Writers,
    private readonly clients: number,
  ) {}

  read(): WriteFigures {
    const { transactions, rows, errors } = this.writers.counters
    const seconds = (performance.now() - this.#before.at) / 1000
    if (seconds >= 1) {
      this.#rates = {
        rows: (rows - this.#before.rows) / seconds,
        transactions: (transactions - this.#before.transactions) / seconds,
      }
      this.#history.push(this.#rates.rows)
      this.#before = { at: performance.now(), rows, transactions }
    }
    return {
      clients: this.clients,
      transactionsPerSecond: this.#rates.transactions,
      rowsPerSecond: this.#rates.rows,
      rows,
      errors,
      history: this.#history.slice(-60),
    }
  }
}
