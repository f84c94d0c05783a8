import type { SelectStmt } from '@pgsql/types'
import { type FunctionFacts, type QueryFacts, type RelationFacts, relationKey } from '../../compiler/facts.js'
import { ident, literal, sql } from '../../compiler/fragment.js'
import { type Node, names, walk } from '../../compiler/parse/ast.js'
import { parseSelect } from '../../compiler/parse/parse.js'
import { TidemarkError } from '../../protocol/errors.js'
import { type Queryable, rows } from '../database.js'
import { appliedBy, functionColumns } from './applied.js'
import { canonicalise, forgetProbe, prepareProbe, probeQuestion, readsWholeRows } from './canonical.js'
import { ClosureReader } from './closure.js'
import { type MaintainedView, StandIns } from './standIns.js'

/** Answers which log a captured table has or will have. */
export type LogNames = (schema: string, name: string) => string

/**
 * All that the compiler needs to know of queries, one after the other. It works in one transaction, which the caller
 * rolls back, and in which nobody else may change the search path or the time zone: maintained views that may not be
 * there yet stand in it as temporary views, and what several queries read is looked up once.
 */
export class FactsGatherer {
  readonly #standIns = new StandIns()
  readonly #closures = new ClosureReader()
  readonly #functions = new Map<string, readonly FunctionFacts[]>()
  #timeZone: string | undefined
  #probe = probeQuestion
  #asked = 0

  constructor(
    private readonly database: Queryable,
    private readonly logs: LogNames,
  ) {}

  /** From now on, queries can read this view. */
  add(view: MaintainedView): void {
    this.#standIns.add(view)
  }

  /** Some work with queries of our own making. When it fails nothing is left of it, and the answer is undefined. */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const done = await this.tryOut(work, 'tidemark_attempt')
    return done instanceof TidemarkError ? undefined : done
  }

  /** Some work that may turn out to be about something that is wrong: that is the answer then, and nothing is left of it. */
  async tryOut<Result>(work: () => Promise<Result>, savepoint = 'tidemark_view'): Promise<Result | TidemarkError> {
    const forget = this.#standIns.mark()
    const [timeZone, question] = [this.#timeZone, this.#probe]
    await this.database.query(`SAVEPOINT ${savepoint}`)
    try {
      const result = await work()
      await this.database.query(`RELEASE SAVEPOINT ${savepoint}`)
      return result
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      await this.database.query(`ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`)
      forget()
      // The setting is undone as well.
      if (this.#timeZone !== timeZone) this.#closures.forget()
      this.#timeZone = timeZone
      if (this.#probe !== question) [this.#probe, this.#asked] = [question, 0]
      return error
    }
  }

  async gather(query: string, timeZone: string): Promise<QueryFacts> {
    const { database } = this
    await this.#setTimeZone(timeZone)
    const text = await this.#standIns.putInto(database, query)
    const canonical = await canonicalise(database, text, await this.#question())
    const standIns = this.#standIns.byNumber
    const plain = await this.#closures.read(database, canonical.reads, standIns)
    const views = plain.relations.flatMap(({ kind, oid }) => (kind === 'view' ? [oid] : []))
    const behind = await appliedBy(database, views)
    await forgetProbe(database)
    const own = this.#standIns.takeOutOf(canonical.text)
    const definitions = [own, ...plain.relations.flatMap((relation) => relation.definition ?? [])].map(parseSelect)
    const whole = definitions.some(readsWholeRows)
    const relations = new Map<string, RelationFacts>()
    for (const relation of plain.relations) {
      const { numbers: _, readsAs: __, ...facts } = relation
      const read = whole ? 'all' : (plain.reads.get(relation.oid) ?? new Set<string>())
      const capture = { schema: facts.schema, name: facts.name, log: this.logs(facts.schema, facts.name) }
      relations.set(relationKey(facts.schema, facts.name), { ...facts, read, capture })
    }
    for (const [oid, read] of plain.reads) {
      const view = standIns.get(oid)
      for (const facts of view === undefined ? [] : factsOf(oid, view, read, whole)) {
        relations.set(relationKey(facts.schema, facts.name), facts)
      }
    }
    for (const name of systemRelations(definitions, relations))
      relations.set(relationKey('pg_catalog', name), system(name))
    return {
      canonical: own,
      output: canonical.output,
      relations,
      functions: await this.#readFunctions(definitions),
      applied: [...canonical.applied, ...behind],
      faithful: canonical.faithful,
    }
  }

  async #setTimeZone(timeZone: string): Promise<void> {
    if (timeZone === this.#timeZone) return
    // Whoever had the connection before may have left another search path in its session. Compiling to machine code
    // takes longer than any of these statements.
    await this.database.query(
      sql`SET LOCAL ${ident('TimeZone')} = ${literal(timeZone)}; SET LOCAL search_path TO DEFAULT; SET LOCAL jit = off`
        .text,
    )
    this.#closures.forget()
    this.#timeZone = timeZone
  }

  /** A function is worth its making from the third query on. */
  async #question(): Promise<string> {
    this.#asked++
    if (this.#asked === 3) this.#probe = await prepareProbe(this.database)
    return this.#probe
  }

  async #readFunctions(trees: readonly SelectStmt[]): Promise<ReadonlyMap<string, readonly FunctionFacts[]>> {
    const wanted = calledFunctions(trees)
    const unknown = [...wanted].filter((name) => !this.#functions.has(name))
    for (const name of unknown) this.#functions.set(name, [])
    const found = unknown.length === 0 ? [] : await readFunctions(this.database, unknown)
    for (const facts of found) this.#functions.set(facts.name, [...(this.#functions.get(facts.name) ?? []), facts])
    return new Map([...wanted].map((name) => [name, this.#functions.get(name) ?? []] as const))
  }
}

function maintainedFacts(oid: number, view: MaintainedView, read: ReadonlySet<string>, whole: boolean): RelationFacts {
  return {
    oid,
    schema: view.schema,
    name: view.name,
    kind: 'maintained',
    columns: view.columns,
    keys: [view.key],
    indexes: view.indexes.map((columns, index) => ({
      name: `index ${index}`,
      columns,
      unique: index === 0,
      partial: false,
      method: 'btree',
    })),
    rows: view.rows,
    bytes: view.bytes,
    read: whole ? 'all' : read,
    capture: { schema: 'tidemark_data', name: view.storage, log: view.log },
    references: [],
    hasChildren: false,
  }
}

/** A view whose readers do not see the kept rows as they are is an ordinary view over them. */
function factsOf(oid: number, view: MaintainedView, read: ReadonlySet<string>, whole: boolean): RelationFacts[] {
  const { reading, schema, name } = view
  if (view.native) {
    const capture = { schema, name, log: '' }
    return [{ ...maintainedFacts(oid, view, read, whole), kind: 'matview', capture }]
  }
  if (reading === undefined) return [maintainedFacts(oid, view, read, whole)]
  const kept = maintainedFacts(oid, { ...view, schema: 'tidemark_data', name: view.storage }, read, true)
  const columns = kept.columns.filter(({ name }) => reading.columns.includes(name))
  const { definition } = reading
  return [kept, { ...kept, schema, name, kind: 'view', columns, keys: [], indexes: [], definition, reading: true }]
}

/** System tables are named without a schema, and PostgreSQL notes no dependency on them. */
function systemRelations(trees: readonly SelectStmt[], known: ReadonlyMap<string, RelationFacts>): Set<string> {
  const found = new Set<string>()
  for (const tree of trees) {
    const ctes = new Set<string>()
    walk(tree, (kind, body) => {
      if (kind === 'CommonTableExpr') ctes.add(String(body.ctename))
      return undefined
    })
    walk(tree, (kind, body) => {
      const name = String(body.relname)
      if (kind === 'RangeVar' && !ctes.has(name) && !known.has(relationKey(String(body.schemaname), name)))
        found.add(name)
      return undefined
    })
  }
  return found
}

function system(name: string): RelationFacts {
  return {
    oid: -1,
    schema: 'pg_catalog',
    name,
    kind: 'system',
    columns: [],
    keys: [],
    indexes: [],
    rows: 0,
    bytes: 0,
    read: 'all',
    capture: { schema: 'pg_catalog', name, log: '' },
    references: [],
    hasChildren: false,
  }
}

function calledFunctions(trees: readonly SelectStmt[]): Set<string> {
  const called = new Set<string>()
  for (const tree of trees) {
    walk(tree, (kind, body) => {
      if (kind === 'FuncCall') called.add(names(body.funcname as readonly Node[]).at(-1) ?? '')
      return undefined
    })
  }
  return called
}

async function readFunctions(database: Queryable, named: readonly string[]): Promise<FunctionFacts[]> {
  return rows<FunctionFacts>(
    database,
    `SELECT ${functionColumns}
     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = ANY ($1)`,
    [named],
  )
}
