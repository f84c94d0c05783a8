import { loadavg } from 'node:os'
import type { Pool } from 'pg'
import type { NormalisedView } from '../../src/define/types.js'
import { planDeployment } from '../../src/deploy/index.js'
import type { Bench, Benchmark } from '../kit/bench.js'
import { digits, type Outcome } from '../kit/types.js'
import { keptBy, type Took, timedWithCpu } from './kept.js'
import { type CoveredView, outcomeOf } from './outcome.js'
import { askPgIvm, installPgIvm } from './pgIvm.js'
import { catalogueName, type ShapeSet, shapeSets } from './sets.js'

/** Which ways to write a view are kept without recomputing it, and what planning costs. */
export const coverage: Benchmark = {
  name: 'coverage',
  summary: 'which shapes of views are incremental, against pg_ivm; and what planning takes',
  run,
}

const manyViews = 500

async function run({ server, options, say }: Bench): Promise<Outcome> {
  const rounds = options.rounds ?? (options.quick ? 1 : 3)
  const views: CoveredView[] = []
  let version: string | undefined
  let planning: Took | undefined
  for (const set of await shapeSets()) {
    const { pool, name, drop } = await server.createDatabase()
    await pool.query(`alter database ${name} set timezone = 'UTC'`)
    await set.prepare(pool)
    version = await installPgIvm(pool)
    say(`${set.name}: ${set.constructs.flatMap((group) => group.views).length} views`)
    views.push(...(await coverSet(pool, set, rounds, version !== undefined)))
    if (set.name === catalogueName) planning = await planningMany(pool, set, views, say)
    await drop()
  }
  if (version === undefined) say('no pg_ivm on this server: not measured (docs/benchmarks.md)')
  return outcomeOf(views, version, figuresOf(planning), {
    rounds,
    'load of the machine, of a minute': digits(loadavg()[0] ?? 0),
    pg_ivm: version ?? 'not measured: this server does not have it',
    'a view is incremental': 'when the changes of every table that it reads are followed by slices or deltas',
    'the peer takes a view': `when create_immv does, and, in the ${catalogueName}, the view is then what its query says after all changes`,
  })
}

async function coverSet(pool: Pool, set: ShapeSet, rounds: number, peer: boolean): Promise<CoveredView[]> {
  const all = set.constructs.flatMap((group) => group.views)
  const [first] = all
  // The parser is loaded, and connections are made, once.
  if (first !== undefined) await keptBy(pool, [first], 1)
  const covered: CoveredView[] = []
  for (const { construct, views } of set.constructs) {
    for (const view of views) {
      const chain = withThoseItReads(view, set.name === catalogueName ? [] : all)
      const kept = await keptBy(pool, chain, rounds)
      const pgIvm = peer ? await askPgIvm(pool, chain, set.changes) : undefined
      covered.push({ set: set.name, construct, view: view.name, ...kept, pgIvm })
    }
  }
  return covered
}

/** Those that a view may read stand before it, itself stands last. */
function withThoseItReads(view: NormalisedView, all: readonly NormalisedView[]): NormalisedView[] {
  const reads = ({ name }: NormalisedView): boolean => new RegExp(`\\b${name}\\b`).test(view.query)
  const above = all.filter((other) => other.name !== view.name && /^\w+$/.test(other.name) && reads(other))
  return [...new Set([...above.flatMap((other) => withThoseItReads(other, all)), view])]
}

function figuresOf(planning: Took | undefined): Record<string, number> {
  if (planning === undefined) return {}
  return {
    [`planning ${manyViews} views, s`]: digits(planning.ms / 1000),
    [`planning ${manyViews} views, processor s`]: digits(planning.cpuMs / 1000),
  }
}

/** The shapes of the catalogue, over and over under other names. */
async function planningMany(
  pool: Pool,
  set: ShapeSet,
  covered: readonly CoveredView[],
  say: Bench['say'],
): Promise<Took> {
  const taken = set.constructs
    .flatMap(({ views }) => views)
    .filter(({ name }) => covered.some(({ view, kept }) => view === name && kept !== 'refused'))
  const views = Array.from({ length: manyViews }, (_, index): NormalisedView[] => {
    const view = taken[index % taken.length]
    return view === undefined ? [] : [{ ...view, name: `${view.name}_${index}` }]
  }).flat()
  const { ms, cpuMs } = await timedWithCpu(() => planDeployment(pool, views))
  say(`planning ${views.length} views: ${(ms / 1000).toFixed(1)} s`)
  return { ms, cpuMs }
}
