import type { QueryResult } from 'pg'
import { chooseMode, type Mode, outcome, refreshAndCompare } from '../../oracle/checks.js'
import type { Case, Round } from '../case.js'
import { deployAgain, deployCase, fateOf, isLimited, told } from './deploy.js'
import { isDeterministic } from './determinism.js'
import type { CaseResult, Finding } from './finding.js'
import { duplicateKeys, queryError } from './oracle.js'
import { type FuzzTarget, readTarget } from './targets.js'
import type { Place, Workshop } from './workshop.js'

/**
 * Makes the tables, deploys the views, and plays the history. A view that came out wrong is left out from then on.
 * @param sparing as `deployCase` takes it.
 */
export async function runCase(workshop: Workshop, made: Case, sparing = false): Promise<CaseResult> {
  return workshop.use(async (place) => {
    const { pool } = place
    for (const statement of made.schema) await attempt(place, statement)
    await pool.query('CREATE SCHEMA IF NOT EXISTS oracle')
    for (const statement of made.data) await attempt(place, statement)
    const { taken, fates, findings: early } = await deployCase(pool, made, sparing)
    const findings = [...early]
    let targets: FuzzTarget[] = []
    for (const one of taken) targets.push(await readTarget(pool, one))
    let comparisons = 0
    for (const [round, { steps, mode }] of [...made.rounds, closing].entries()) {
      findings.push(...(await play(place, steps, round)))
      if (round === made.rounds.length) await place.endTransactions()
      for (const { view } of taken) {
        const target = targets.find(({ name }) => name === view.name)
        if (target === undefined) continue
        const checked = await check(place, targets, target, mode, round)
        comparisons += checked.comparisons
        let [finding] = checked.findings
        if (finding !== undefined && isAltered(finding)) {
          finding = await deployAgain(place, taken)
          if (finding === undefined) {
            // Their ways of refreshing may be others now.
            targets = await Promise.all(targets.map(({ taken: one }) => readTarget(pool, one)))
            continue
          }
        }
        if (finding === undefined) continue
        if (finding.kind !== 'different' || (await fair(place, target))) findings.push(finding)
        // Those that read it are wrong with it.
        targets = targets.filter((other) => !other.ids.includes(target.ids.at(-1) ?? 0))
      }
    }
    return { fates: [...fates, ...taken.map(fateOf)], findings, comparisons }
  })
}

/** The refresh says that the view has to be deployed again, for the tables as they are now. */
function isAltered({ kind, detail }: Finding): boolean {
  return kind === 'refresh' && /SOURCE_CHANGED/.test(detail)
}

async function fair(place: Place, { name, columns }: FuzzTarget): Promise<boolean> {
  return isDeterministic(await place.session(-1), name, columns)
}

/** What was left open is undone, and everything compared once more. */
const closing: Round = { steps: [], mode: 'own' }

/** What a smaller case has lost may be missed by what is left of it. */
async function attempt({ pool }: Place, statement: string): Promise<void> {
  await pool.query(statement).catch(() => undefined)
}

async function play(place: Place, steps: Round['steps'], round: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { session, sql } of steps) {
    const client = await place.session(session)
    try {
      await client.query(sql)
    } catch (error) {
      const where = error instanceof Error && 'where' in error ? String(error.where) : ''
      if (/tidemark/.test(where)) findings.push({ view: '', kind: 'write', round, detail: `${told(error)} (${sql})` })
    }
  }
  return findings
}

interface Checked {
  readonly findings: readonly Finding[]
  readonly comparisons: number
}

/** One transaction in which a view is refreshed in each of its modes, and at last in the one that stays. */
async function check(
  place: Place,
  targets: readonly FuzzTarget[],
  target: FuzzTarget,
  last: Mode,
  round: number,
): Promise<Checked> {
  const client = await place.session(-1)
  const findings: Finding[] = []
  let comparisons = 0
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  try {
    let nothingPending = false
    for (const mode of [...target.modes.filter((other) => other !== last), last]) {
      if (nothingPending && mode !== last) continue
      const before = ['SAVEPOINT mode', chooseMode(target, mode)]
      const after = mode === last ? [] : ['ROLLBACK TO mode']
      const answer: unknown = await client.query([...before, ...refreshAndCompare(target), ...after].join('; '))
      const { failure, mode: taken } = outcome(answer as QueryResult[], before.length)
      nothingPending = taken === 'noop'
      comparisons++
      const detail = failure ?? (taken === 'skipped' || taken === 'requested' ? `refresh was ${taken}` : undefined)
      if (detail === undefined) continue
      const kind = failure?.startsWith('after') ? 'different' : 'refresh'
      if (kind === 'refresh' && /KEY_NOT_UNIQUE/.test(detail) && (await keyIsWrong(place, targets, target))) continue
      findings.push({ view: target.name, kind, round, detail: `${mode}: ${detail}` })
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    // The comparison computes the query too.
    const own = await queryError(place.pool, target.taken.view)
    if (own === undefined && !/deadlock|lock timeout/.test(told(error))) {
      findings.push({ view: target.name, kind: 'refresh', round, detail: told(error) })
    }
    return { findings, comparisons }
  }
  if (findings.some(({ kind }) => kind === 'refresh')) {
    const own = await queryError(place.pool, target.taken.view)
    if (own !== undefined) return { findings: findings.filter(({ kind }) => kind !== 'refresh'), comparisons }
  }
  return { findings, comparisons }
}

/** Of the view, or of one that it reads. */
async function keyIsWrong(place: Place, targets: readonly FuzzTarget[], { ids }: FuzzTarget): Promise<boolean> {
  const client = await place.session(-1)
  for (const { taken, ids: own } of targets) {
    if (!ids.includes(own.at(-1) ?? 0) || taken.key === null) continue
    if (isLimited(taken.view)) return true
    const found = await client.query<{ yes: boolean }>(duplicateKeys(taken.view.name, taken.key))
    if (found.rows[0]?.yes) return true
  }
  return false
}
