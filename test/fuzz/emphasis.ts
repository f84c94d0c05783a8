/** What a case is about. Damage that takes several things at once to be seen is not seen where they seldom meet. */
export interface Emphasis {
  readonly name: 'everything' | 'lookups' | 'places' | 'clock' | 'parts'
  /** At most so many of the views that a case may have: simple ones, that come cheap. */
  readonly views: number
  /** Of the views, the part that is made for it; the others are made as for everything. */
  readonly own: number
  readonly schema: SchemaWeights
  readonly history: HistoryWeights
}

export interface SchemaWeights {
  /** Of the tables, those that are partitioned, and those that others inherit from. */
  readonly partitioned: number
  readonly inherited: number
  /** Tables that refer to others, that lose their rows with theirs, and whose references have an index. */
  readonly referring: number
  readonly cascading: number
  readonly indexed: number
  /** Tables with a time, and of the times those that lie about the present. */
  readonly timed: number
  readonly present: number
}

export interface HistoryWeights {
  /** Of the steps, those that alter a table: one of these, for a whole history. */
  readonly altering: readonly number[]
  /** Of the writes outside of a transaction, those that begin one. */
  readonly beginning: number
  /** Of the rounds, those in which nearly every table is written to. */
  readonly everywhere: number
  /** How long time goes on before a refresh, in seconds. */
  readonly pause: number
}

const usualSchema: SchemaWeights = {
  partitioned: 0.2,
  inherited: 0.1,
  referring: 0.75,
  cascading: 0.4,
  indexed: 0.6,
  timed: 0.25,
  present: 0.4,
}

// Mostly tables are as they were made; where they are not, it is no single event.
const usualHistory: HistoryWeights = { altering: [0.02, 0.02, 0.05, 0.25], beginning: 0.4, everywhere: 0.15, pause: 0 }

const everything: Emphasis = { name: 'everything', views: 1000, own: 0, schema: usualSchema, history: usualHistory }

/** Rows with what they refer to, by its key, and conditions of each: which keys are touched is found with these. */
const lookups: Emphasis = {
  name: 'lookups',
  views: 14,
  own: 0.85,
  schema: { ...usualSchema, partitioned: 0.05, inherited: 0.03, referring: 1, cascading: 0.7, indexed: 0.85 },
  history: { altering: [0], beginning: 0.2, everywhere: 0.6, pause: 0 },
}

/** Joins of many places at which tables change at once: what changed is added up in many parts. */
const places: Emphasis = {
  name: 'places',
  views: 12,
  own: 0.85,
  schema: { ...usualSchema, partitioned: 0.05, inherited: 0.03, referring: 0.9 },
  history: { altering: [0], beginning: 0.25, everywhere: 0.85, pause: 0 },
}

/** Rows that time moves while they wait. */
const clock: Emphasis = {
  name: 'clock',
  views: 14,
  own: 0.85,
  schema: { ...usualSchema, timed: 1, present: 0.85 },
  history: { altering: [0], beginning: 0.15, everywhere: 0.1, pause: 0.35 },
}

/** Partitions and children that come and go, with rows in them. */
const parts: Emphasis = {
  name: 'parts',
  views: 8,
  own: 0.6,
  schema: { ...usualSchema, partitioned: 0.65, inherited: 0.25, referring: 0.4 },
  history: { altering: [0.3, 0.5], beginning: 0.1, everywhere: 0.3, pause: 0 },
}

const all = [everything, lookups, places, clock, parts] as const

/** In turns, so that a short run has cases of each. */
export function emphasisOf(seed: number): Emphasis {
  return all[seed % all.length] ?? everything
}
