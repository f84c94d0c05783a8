import { identifier } from '../../oracle/library.js'
import type { Case, CaseView, Round, Step } from '../case.js'
import type { Finding } from '../run/finding.js'
import { runCase } from '../run/runCase.js'
import type { Place, Workshop } from '../run/workshop.js'
import { withoutColumns } from './columns.js'
import { shrinkList } from './lists.js'
import { rewritten, smallerStatements } from './query.js'

export interface Shrunk {
  readonly case: Case
  readonly finding: Finding
  readonly attempts: number
}

/** Makes a case smaller that shows something wrong, as long as it still shows the same. */
export async function shrink(workshop: Workshop, made: Case, finding: Finding, isOver: () => boolean): Promise<Shrunk> {
  const shrinker = new Shrinker(workshop, made, finding, isOver)
  await shrinker.run()
  return { case: shrinker.smallest, finding: shrinker.finding, attempts: shrinker.attempts }
}

class Shrinker {
  attempts = 0

  constructor(
    readonly workshop: Workshop,
    public smallest: Case,
    public finding: Finding,
    readonly isOver: () => boolean,
  ) {}

  async run(): Promise<void> {
    await this.#isolate()
    for (let before = ''; before !== JSON.stringify(this.smallest) && !this.isOver(); ) {
      before = JSON.stringify(this.smallest)
      await this.#shrinkHistory()
      await this.#shrinkQueries()
      await this.#shrinkTables()
    }
    await this.#shrinkWrites()
  }

  /** Takes the candidate when it still shows the same. */
  async #try(candidate: Case): Promise<boolean> {
    if (this.isOver()) return false
    this.attempts++
    const { findings } = await runCase(this.workshop, candidate)
    const same = findings.find((other) => isSame(other, this.finding))
    if (same === undefined) return false
    this.smallest = candidate
    this.finding = same
    return true
  }

  /** The view alone, with those that it reads; and what came before the last round, before it is built. */
  async #isolate(): Promise<void> {
    const { view, round } = this.finding
    if (view !== '') await this.#try({ ...this.smallest, views: readBy(this.smallest.views, view) })
    if (round === undefined) {
      await this.#try({ ...this.smallest, rounds: [] })
      return
    }
    await this.#try({ ...this.smallest, rounds: this.smallest.rounds.slice(0, round + 1) })
    const { rounds, data } = this.smallest
    const earlier = rounds.slice(0, -1).flatMap(({ steps }) => steps.map(({ sql }) => sql))
    const writes = earlier.filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|CALL)/.test(sql))
    await this.#try({ ...this.smallest, data: [...data, ...writes], rounds: rounds.slice(-1) })
  }

  async #shrinkHistory(): Promise<void> {
    const oneSession = this.smallest.rounds.map((round): Round => {
      const steps = round.steps.filter(({ sql }) => !/^(BEGIN|COMMIT|SAVEPOINT|RELEASE)/.test(sql))
      return { ...round, steps: steps.map(({ sql }) => ({ session: 0, sql })) }
    })
    if (JSON.stringify(oneSession) !== JSON.stringify(this.smallest.rounds))
      await this.#try({ ...this.smallest, rounds: oneSession })
    await shrinkList(this.smallest.rounds, (rounds) => this.#try({ ...this.smallest, rounds }))
    for (const index of this.smallest.rounds.keys()) {
      await shrinkList(this.smallest.rounds[index]?.steps ?? [], (steps) => {
        const rounds = this.smallest.rounds.map((round, place) => (place === index ? { ...round, steps } : round))
        return this.#try({ ...this.smallest, rounds })
      })
    }
    await shrinkList(this.smallest.data, (data) => this.#try({ ...this.smallest, data }))
  }

  async #shrinkQueries(): Promise<void> {
    await shrinkList(this.smallest.views, (views) => this.#try({ ...this.smallest, views }))
    for (const index of this.smallest.views.keys()) {
      await this.#shrinkStatement(
        () => this.smallest.views[index]?.query ?? '',
        (query) => {
          const views = this.smallest.views.map((view, place) => (place === index ? withQuery(view, query) : view))
          return { ...this.smallest, views }
        },
      )
    }
  }

  async #shrinkTables(): Promise<void> {
    await shrinkList(this.smallest.schema, (schema) => this.#try({ ...this.smallest, schema }))
    while (await this.#tryEach([...withoutColumns(this.smallest)]));
    for (const index of this.smallest.schema.keys()) {
      if (!/^CREATE (TABLE|VIEW|MATERIALIZED VIEW)/.test(this.smallest.schema[index] ?? '')) continue
      await this.#shrinkStatement(
        () => this.smallest.schema[index] ?? '',
        (sql) => ({
          ...this.smallest,
          schema: this.smallest.schema.map((other, place) => (place === index ? sql : other)),
        }),
      )
    }
  }

  /** `withText` says what the case is with another text of the statement. */
  async #shrinkStatement(text: () => string, withText: (sql: string) => Case): Promise<void> {
    const plain = rewritten(text())
    if (plain !== text() && !(await this.#try(withText(plain)))) return
    for (let shrunk = true; shrunk; ) {
      shrunk = await this.#tryEach(smallerStatements(text()).map(withText))
    }
  }

  /** Last, since nothing tells beforehand which of them PostgreSQL takes. */
  async #shrinkWrites(): Promise<void> {
    for (const index of this.smallest.data.keys()) {
      const withText = (sql: string): Case => ({ ...this.smallest, data: this.smallest.data.with(index, sql) })
      await this.#shrinkStatement(() => this.smallest.data[index] ?? '', withText)
    }
    for (const [round, { steps }] of this.smallest.rounds.entries()) {
      for (const index of steps.keys()) {
        const step = (): Step | undefined => this.smallest.rounds[round]?.steps[index]
        const withText = (sql: string): Case => withStep(this.smallest, round, index, sql)
        if (/^(INSERT|UPDATE|DELETE|MERGE)/.test(step()?.sql ?? ''))
          await this.#shrinkStatement(() => step()?.sql ?? '', withText)
      }
    }
  }

  /** Takes the first that will do. Most of them PostgreSQL does not take: those are not run. */
  async #tryEach(candidates: readonly Case[]): Promise<boolean> {
    return this.workshop.use(async (place) => {
      for (const candidate of candidates) {
        if (this.isOver()) return false
        if ((await isValid(place, candidate)) && (await this.#try(candidate))) return true
      }
      return false
    })
  }
}

/** What not every PostgreSQL has need not be taken. */
const mayFail = / VIRTUAL$/

async function isValid({ pool }: Place, made: Case): Promise<boolean> {
  const client = await pool.connect()
  const names = made.views.map(({ name }) => name)
  try {
    await client.query('BEGIN')
    for (const statement of made.schema.filter((text) => !mayFail.test(text))) await client.query(statement)
    for (const [place, { query }] of made.views.entries())
      await client.query(`CREATE VIEW ${identifier(names[place] ?? '')} AS ${query}`)
    return true
  } catch {
    return false
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

function withStep(made: Case, round: number, index: number, sql: string): Case {
  const rounds = made.rounds.map((one, place) => {
    if (place !== round) return one
    return { ...one, steps: one.steps.map((step, at) => (at === index ? { ...step, sql } : step)) }
  })
  return { ...made, rounds }
}

/** A column that is gone cannot be a key any more. */
function withQuery(view: CaseView, query: string): CaseView {
  const keys = view.keys.filter((key) => key === null || key.every((column) => query.includes(column)))
  return { ...view, query, keys }
}

function readBy(views: readonly CaseView[], name: string): CaseView[] {
  const wanted = new Set([name])
  for (const view of views.toReversed()) {
    if (!wanted.has(view.name)) continue
    for (const other of views) if (new RegExp(`\\b${other.name}\\b`).test(view.query)) wanted.add(other.name)
  }
  return views.filter((view) => wanted.has(view.name))
}

/** The same kind of thing, of the same view; an error is the same when its text is but for names and numbers. */
function isSame(one: Finding, other: Finding): boolean {
  if (one.kind !== other.kind || one.view !== other.view) return false
  return one.kind === 'different' || gist(one.detail) === gist(other.detail)
}

export function gist(detail: string): string {
  return detail.replace(/^\w+: /, '').replace(/"[^"]*"|\b[a-z]\w*\d+\b|\d+/g, '…')
}
