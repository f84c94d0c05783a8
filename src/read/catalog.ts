import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { displayName } from '../define/names.js'
import { defaultReading, settingsOf } from '../define/normalise-view.js'
import type { NormalisedView, ReadSettings } from '../define/types.js'
import type { Database } from '../engine/database.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ColumnFacts, ViewFacts } from './facts.js'
import type { ConfiguredViews } from './options.js'

type Described = Omit<ViewFacts, 'shown' | 'read'>

interface Known {
  readonly askedAt: number
  readonly asked: Promise<ViewFacts>
  facts: ViewFacts | undefined
  renewing: boolean
}

interface Renewal {
  readonly asked: Promise<ViewFacts>
  next: Promise<ViewFacts> | undefined
}

/** Names that were asked for, right and wrong ones: who asks for many wrong ones must not fill the memory. */
const mostNames = 1_000

/** After this long a view is described anew, also where nobody read it and so noticed that it changed. */
const rememberMs = 5_000
/** And after this long beside whoever reads it, so that nobody waits for that where somebody always reads. */
const renewMs = 4_000
/** Whoever finds out by reading whether the view is still the one that was described need not wait for that before. */
const provisionalMs = 60_000

/** What views are, remembered until a read finds that they are others. */
export class ViewCatalog {
  readonly #known = new LRUCache<string, Known>({ max: mostNames })
  readonly #renewals = new Map<string, Renewal>()

  /** `configured`: views that can be computed though they are not deployed. */
  constructor(
    private readonly database: Database,
    private readonly configured: ConfiguredViews,
  ) {}

  /**
   * The same object as long as the view is the same.
   * @throws TidemarkError UNKNOWN_VIEW.
   */
  find(name: string): Promise<ViewFacts> {
    return (this.#remembered(name) ?? this.#ask(name)).asked
  }

  /** The same for who looks, with the rows or before them, whether the view is still the one that is described. */
  findProvisional(name: string): Promise<ViewFacts> {
    return (this.#remembered(name, provisionalMs) ?? this.#ask(name)).asked
  }

  /** As it is now, whatever is remembered: the same object, where it is still the same. */
  renewed(name: string): Promise<ViewFacts> {
    const running = this.#renewals.get(name)
    if (running === undefined) return this.#beginRenewal(name)
    // What is under way may be of before; of all who come meanwhile, one asks after it.
    const begin = (): Promise<ViewFacts> => this.#beginRenewal(name)
    running.next ??= running.asked.then(begin, begin)
    return running.next
  }

  #beginRenewal(name: string): Promise<ViewFacts> {
    const { asked } = this.#ask(name)
    const renewal: Renewal = { asked, next: undefined }
    this.#renewals.set(name, renewal)
    const ended = (): void => {
      if (renewal.next === undefined && this.#renewals.get(name) === renewal) this.#renewals.delete(name)
    }
    asked.then(ended, ended)
    return asked
  }

  /** The same, where it is known at this moment, without asking. */
  recent(name: string): ViewFacts | undefined {
    return this.#remembered(name, provisionalMs)?.facts
  }

  forget(name?: string): void {
    if (name === undefined) this.#known.clear()
    else this.#known.delete(name)
  }

  #remembered(name: string, mostMs = rememberMs): Known | undefined {
    const known = this.#known.get(name)
    if (known === undefined) return undefined
    const age = performance.now() - known.askedAt
    if (age > (isKept(known.facts) ? mostMs : rememberMs)) return undefined
    if (age > renewMs && known.facts !== undefined && !known.renewing) {
      known.renewing = true
      this.#renew(name, known.facts, known)
    }
    return known
  }

  #ask(name: string): Known {
    const before = this.#known.peek(name)?.facts
    const asked = this.#describe(name).then((found) => sameAs(before, found))
    const entry: Known = { askedAt: performance.now(), asked, facts: undefined, renewing: false }
    this.#known.set(name, entry)
    asked.then(
      (facts) => {
        entry.facts = facts
      },
      () => {
        if (this.#known.peek(name) === entry) this.#known.delete(name)
      },
    )
    return entry
  }

  /** What fails is found again, and told, once what is known is too old. */
  #renew(name: string, before: ViewFacts, entry: Known): void {
    const askedAt = performance.now()
    this.#describe(name).then(
      (found) => {
        if (this.#known.peek(name) !== entry) return
        const facts = sameAs(before, found)
        this.#known.set(name, { askedAt, asked: Promise.resolve(facts), facts, renewing: false })
      },
      () => undefined,
    )
  }

  async #describe(name: string): Promise<ViewFacts> {
    if (name === '' || name.includes('\0')) throw unknownView(name)
    const described = await this.#read(name)
    if (described === undefined) return this.#undeployed(name)
    const { schema, name: own, settings } = described
    const facts = {
      ...described,
      shown: displayName({ schema, name: own }),
      read: { ...defaultReading, ...settings.read },
    }
    return facts.columns.length > 0 ? facts : { ...facts, columns: await this.#columnsOf(facts) }
  }

  /** Nothing where there is no such view, or no catalog at all. */
  async #read(name: string): Promise<Described | undefined> {
    try {
      const { rows } = await this.database.query<{ view: Described | null }>('SELECT tidemark.describe($1) AS view', [
        name,
      ])
      return rows[0]?.view ?? undefined
    } catch (error) {
      const { code } = error as { code?: string }
      if (this.#configured(name) !== undefined && (code === 'TM001' || code === '3F000' || code === '42883')) {
        return undefined
      }
      if (code === '3F000' || code === '42883') throw notDeployed()
      throw databaseError(error)
    }
  }

  #configured(name: string): NormalisedView | undefined {
    const views = typeof this.configured === 'function' ? this.configured() : this.configured
    return views.find((view) => displayName(view) === name || `${view.schema}.${view.name}` === name)
  }

  async #undeployed(name: string): Promise<ViewFacts> {
    const view = this.#configured(name)
    if (view === undefined) throw unknownView(name)
    const { schema, name: own, query, key = [], storage, timeZone, description } = view
    await checkConditions(view.read)
    const facts: ViewFacts = {
      shown: displayName(view),
      id: 0,
      version: '',
      schema,
      name: own,
      storage,
      key,
      settings: settingsOf(view),
      read: view.read,
      live: query.replace(/;\s*$/, ''),
      timeZone,
      description,
      bypassed: false,
      identity: '',
      history: '',
      rowSecurity: false,
      columns: [],
    }
    return { ...facts, columns: await this.#columnsOf(facts) }
  }

  /** Of the query itself, where there is no relation that has them. */
  async #columnsOf({ live, shown }: ViewFacts): Promise<ColumnFacts[]> {
    try {
      const answer = await this.database.query(`SELECT * FROM (${live}\n) AS computed LIMIT 0`)
      const { fields } = answer as unknown as { fields: { name: string; dataTypeID: number }[] }
      const { rows } = await this.database.query<Omit<ColumnFacts, 'name' | 'nullable'> & { oid: number }>(
        `SELECT t.oid, b.oid AS "baseOid", format_type(t.oid, NULL) AS type,
           CASE WHEN b.typelem <> 0 AND b.typlen = -1 THEN 'array' WHEN t.typtype = 'd' THEN 'domain' ELSE t.typtype::text END AS kind,
           format_type(b.oid, NULL) AS base,
           (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
         FROM pg_type t JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid) WHERE t.oid = ANY ($1)`,
        [fields.map(({ dataTypeID }) => dataTypeID)],
      )
      return fields.flatMap(({ name, dataTypeID }) => {
        const found = rows.find(({ oid }) => oid === dataTypeID)
        if (found === undefined) return []
        const { oid: _, ...type } = found
        return [{ ...type, name, nullable: true }]
      })
    } catch (error) {
      const { code, message, hint } = databaseError(error)
      throw new TidemarkError(
        code === 'INTERNAL' ? 'SOURCE_CHANGED' : code,
        `${shown} is not there, nor can it be computed: ${message}`,
        {
          ...(hint === undefined ? {} : { hint }),
          view: shown,
          cause: error,
        },
      )
    }
  }
}

/** Whether a view may be computed for a role hangs on the policies of its kept rows, of which no version tells. */
function isKept(facts: ViewFacts | undefined): boolean {
  return facts !== undefined && facts.id !== 0 && !facts.bypassed
}

/** Much is remembered of a view by the object that describes it. */
function sameAs(before: ViewFacts | undefined, found: ViewFacts): ViewFacts {
  return before !== undefined && isDeepStrictEqual(before, found) ? before : found
}

/** Of what is deployed, this was checked when it was; only here does reading need PostgreSQL's parser. */
async function checkConditions({ guard, filter }: ReadSettings): Promise<void> {
  const texts = [guard, filter].filter((text) => text !== null)
  if (texts.length === 0) return
  const [{ checkCondition }, { loadParser }] = await Promise.all([
    import('../compiler/parse/condition.js'),
    import('../compiler/parse/parse.js'),
  ])
  await loadParser()
  for (const text of texts) checkCondition(text)
}

function unknownView(name: string): TidemarkError {
  return new TidemarkError('UNKNOWN_VIEW', `There is no view named ${JSON.stringify(name.slice(0, 63))}.`, {
    hint: 'SELECT view FROM tidemark.freshness lists those that are deployed.',
  })
}

function notDeployed(): TidemarkError {
  return new TidemarkError('NOT_DEPLOYED', 'Nothing is deployed in this database.', { hint: 'Run: tidemark apply' })
}
