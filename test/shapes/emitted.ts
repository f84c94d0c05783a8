import type { DeltaPair } from '../../src/compiler/emit/deltaPairs.js'
import type { Statements } from '../../src/compiler/emit/refresh.js'
import type { TestDatabase } from '../kit/index.js'
import { layOut, partsOf, squeezed } from './layout.js'

/** What is the same for every view but for the names of its columns: `emitted/whole/` shows it of a few views. */
const everyView: readonly string[] = [
  'tidemark_guard',
  'tidemark_deleted',
  'tidemark_inserted',
  'tidemark_updated',
  'tidemark_written',
  'tidemark_advanced',
]

/** A text with slots, as people can read it: what is put there depends on what has changed. */
function withSlots(parts: readonly string[]): string {
  return parts.map((part, index) => (index % 2 === 0 ? part : `/*${part}*/`)).join('')
}

/** A text that is written short: one that every view has, or the query, which stands at the top. */
type Short = readonly [text: string, short: string]

const pending: Short = [
  '"l"."tidemark_xid" >= pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot) AND (CASE WHEN NOT pg_catalog.pg_visible_in_snapshot("l"."tidemark_xid", $1::pg_catalog.pg_snapshot) THEN true END) IS NOT NULL',
  '/* pending */',
]

interface DeployedView {
  readonly name: string
  readonly log: string | null
  readonly hidden: boolean
  readonly keys: readonly string[]
  readonly statements: Statements
  readonly read: string | null
}

/** The SQL that keeps a view, as the database holds it: what of it differs from view to view. */
export async function emittedSql(db: TestDatabase, view: string): Promise<string> {
  const views = await deployed(db, view)
  const sections = views.flatMap((each, index) => [
    ...(views.length === 1 ? [] : [each.hidden ? `-- PIECE ${index + 1}` : '-- THE VIEW']),
    ...sectionsOf(each),
  ])
  return `${named(sections.join('\n\n'), views)}\n`
}

/** All of it, of a view in one piece. */
export async function wholeSql(db: TestDatabase, view: string): Promise<string> {
  const views = await deployed(db, view)
  const { delta, probe, ...statements } = (views.at(-1) as DeployedView).statements
  const texts = Object.entries(statements).flatMap(([name, text]) => (text === null ? [] : [section(name, text)]))
  for (const parts of probe ?? []) texts.push(section('probe', withSlots(parts)))
  if (delta === null) return `${texts.join('\n\n')}\n`
  const { parts, rows, changed, pending: looked, guard } = delta
  texts.push(section('delta', withSlots(parts)), section('delta, terms', withSlots(rows.parts)))
  texts.push(section('delta, what is pending', looked), section('delta, guard', guard))
  rows.conditions.forEach((text, index) => {
    texts.push(section(`delta, condition ${index}`, text))
  })
  texts.push(...rows.pairs.flatMap((pair) => pairSections('delta', pair)))
  for (const { table, now, delta: change, before } of rows.items) {
    texts.push(section(`delta, table ${table} as it is`, now), section(`delta, table ${table}, its change`, change))
    texts.push(section(`delta, table ${table} as it was`, before))
  }
  changed.forEach((text, table) => {
    texts.push(section(`delta, whether table ${table} changed`, text))
  })
  return `${texts.join('\n\n')}\n`
}

async function deployed(db: TestDatabase, view: string): Promise<DeployedView[]> {
  return await db.rows<DeployedView & Record<string, unknown>>(
    `SELECT v.storage_name AS name, v.hidden, v.key_columns AS keys, v.statements, s.log_name AS log,
       CASE WHEN NOT v.hidden THEN pg_get_viewdef(format('%I.%I', v.schema_name, v.view_name)::regclass) END AS read
     FROM tidemark.view o, unnest(tidemark.pieces(o.id) || o.id) WITH ORDINALITY AS u (id, place)
     JOIN tidemark.view v ON v.id = u.id
     LEFT JOIN tidemark.source s ON s.schema_name = 'tidemark_data' AND s.table_name = v.storage_name
     WHERE o.view_name = $1 AND o.replaces IS NULL AND NOT o.hidden ORDER BY u.place`,
    [view],
  )
}

/** The names of pieces and of their logs end in hashes. */
function named(text: string, views: readonly DeployedView[]): string {
  return views.reduce((sofar, { name, log, hidden }, index) => {
    if (!hidden) return sofar
    const logged = log === null ? sofar : sofar.replaceAll(log, `log of piece ${index + 1}`)
    return logged.replaceAll(name, `piece ${index + 1}`)
  }, text)
}

function sectionsOf({ keys, statements, read }: DeployedView): string[] {
  const { query, count, slices, batch, delta, full } = statements
  const shorts: readonly Short[] = [[squeezed(`(${query})`), '(/* what is kept */)'], pending]
  const kept = section(`what is kept, by ${keys.length === 0 ? 'nothing: one row' : keys.join(', ')}`, query)
  const known = partsOf(slices ?? '').parts
  const ways = [
    ...(slices === null ? [] : ownParts('slices, each by itself', slices, shorts)),
    ...(batch === null ? [] : ownParts('slices, all in one pass', batch, shorts, known)),
    ...(count === null ? [] : ownParts('slices, counted', count, shorts, known)),
    ...(delta === null ? [] : deltaSections(delta, shorts)),
  ]
  const shown = read === null ? [] : [section('what is read', read.replace(/;$/, ''))]
  return [kept, ...shown, ...(ways.length > 0 ? ways : ownParts('everything', full, shorts))]
}

function deltaSections({ parts, rows }: NonNullable<Statements['delta']>, shorts: readonly Short[]): string[] {
  return [
    ...ownParts('deltas', withSlots(parts), shorts),
    section('deltas, terms', withSlots(rows.parts)),
    ...rows.conditions.map((text, index) => section(`deltas, condition ${index}`, text)),
    ...rows.pairs.flatMap((pair) => pairSections('deltas', pair)),
    ...rows.items.flatMap(({ table, now, delta }) => [
      section(`deltas, table ${table} as it is`, now),
      section(`deltas, table ${table}, its change`, delta),
    ]),
  ]
}

function pairSections(name: string, { places, first, second, keyed }: DeltaPair): string[] {
  const which = `items ${places.join(' and ')} both changed`
  const joined = section(`${name}, where ${which}`, `${first} ; ${second}`)
  if (keyed === undefined) return [joined]
  return [
    joined,
    section(`${name}, where ${which}, instead of what they add twice`, `${keyed.gone} ; ${second}`),
    section(`${name}, where ${which}, the change of item ${keyed.referring} alone`, keyed.unchanged),
  ]
}

/** The parts of a statement that are its own, and not those of another one. */
function ownParts(
  name: string,
  statement: string,
  shorts: readonly Short[],
  known: ReadonlyMap<string, string> = new Map(),
): string[] {
  const own = [...partsOf(statement).parts].filter(
    ([part, text]) => !everyView.includes(part) && known.get(part) !== text,
  )
  const texts = own.map(([, text]) =>
    layOut(shorts.reduce((sofar, [long, short]) => sofar.replaceAll(long, short), text)),
  )
  return texts.length === 0 ? [] : [`-- ${name}\n${texts.join('\n')}`]
}

function section(name: string, sql: string): string {
  return `-- ${name}\n${layOut(sql)}`
}
