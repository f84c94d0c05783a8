/**
 * `npm run fuzz -- --minutes 10 --seed 1`: random tables, views and histories, looking for a view that comes out
 * different from its query. `--help` lists the options.
 */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { postgresVersions } from '../../src/embedded/binaries.js'
import type { Case } from './case.js'
import { type Found, type FuzzResult, fuzz, type Progress } from './fuzz.js'
import { makeCase, type Sizes } from './makeCase.js'
import { describeCase, readCase, readRegressions, saveCase } from './regressions.js'
import { runCase } from './run/runCase.js'
import { Workshop } from './run/workshop.js'

const help = `npm run fuzz -- [options]

Makes random tables, views and histories of writes in several sessions, refreshes the views in every
way they have, and compares each with its own query at the same snapshot. What is wrong is made small
and saved as a file that can go to test/oracle/regressions. Regressions that are there are run first.

  --minutes <n>   how long (default 2)
  --cases <n>     at most so many cases: each is one set of tables
  --seed <n>      of the first case; the next case has the next one (default: the date, as 20261121)
  --views <n>     views made for each case; those that its writes change are kept (default 30)
  --rounds <n>    rounds of writes in each case, with a refresh after each (default 8)
  --save <dir>    where files of what is found go (default fuzz-found)
  --shrink <s>    seconds to make one failure smaller; 0: leave it as it is (default 120)
  --case <file>   run this file alone
  --show          print the case of the seed, and do not run it
  --json          print the result as JSON, and nothing else
  --help          this text

TIDEMARK_TEST_PG picks the PostgreSQL: 15, 16, 17 or 18. Ends with 1 when something was found.`

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    cases: { type: 'string' },
    seed: { type: 'string', default: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
    views: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '8' },
    save: { type: 'string', default: 'fuzz-found' },
    shrink: { type: 'string', default: '120' },
    case: { type: 'string' },
    show: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function number(name: 'minutes' | 'cases' | 'seed' | 'views' | 'rounds' | 'shrink'): number {
  const value = Number(options[name])
  if (options[name] === '' || !Number.isFinite(value) || value < 0) {
    console.error(`--${name} takes a number, not "${options[name]}"`)
    process.exit(2)
  }
  return value
}

/** The first Ctrl-C ends the run with its summary, the second one at once. */
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

interface Limits {
  readonly minutes: number
  readonly cases: number
  readonly shrinkMs: number
}

const say = (text: string): void => {
  if (!options.json) console.log(text)
}

async function main(): Promise<boolean> {
  const seed = number('seed')
  const sizes = { views: number('views'), rounds: number('rounds') }
  const limits: Limits = {
    minutes: number('minutes'),
    cases: options.cases === undefined ? Number.POSITIVE_INFINITY : number('cases'),
    shrinkMs: number('shrink') * 1000,
  }
  if (options.show) {
    console.log(describeCase(makeCase(seed, sizes)))
    return true
  }
  const version = postgresVersions.find((known) => String(known) === (process.env.TIDEMARK_TEST_PG ?? '18'))
  const workshop = await Workshop.open(version)
  try {
    if (options.case !== undefined) return await runOne(workshop, basename(options.case), await readCase(options.case))
    return await runAll(workshop, seed, sizes, limits)
  } finally {
    await workshop.remove()
  }
}

async function runOne(workshop: Workshop, name: string, made: Case): Promise<boolean> {
  const { findings, fates, comparisons } = await runCase(workshop, made)
  for (const { view, outcome, codes } of fates) say(`${view}: ${outcome} ${codes.join(', ')}`)
  for (const { view, kind, round, detail } of findings)
    console.log(`${name}: ${view} ${kind}, round ${round}: ${detail}`)
  if (comparisons === 0) console.log(`${name}: nothing was compared`)
  return findings.length === 0 && comparisons > 0
}

async function runAll(workshop: Workshop, seed: number, sizes: Sizes, limits: Limits): Promise<boolean> {
  const started = Date.now()
  say(`seed ${seed}, PostgreSQL ${process.env.TIDEMARK_TEST_PG ?? '18'}`)
  const again = await runRegressions(workshop)
  const found: { seed: number; file: string; detail: string }[] = []
  const onFound = async (one: Found): Promise<void> => {
    const { view, kind, detail } = one.finding
    const file = await saveCase(options.save, `seed-${one.seed}-${view || 'write'}`, one.case, one.finding)
    found.push({ seed: one.seed, file, detail: `${kind}, ${view}: ${detail}` })
    say(`\nFOUND at seed ${one.seed}: ${kind}, ${view}: ${detail}\n${describeCase(one.case)}\n-- saved as ${file}\n`)
  }
  const result = await fuzz({
    workshop,
    seed,
    sizes,
    signal: stop.signal,
    untilMs: started + limits.minutes * 60_000,
    mostCases: limits.cases,
    shrinkMs: limits.shrinkMs,
    onFinding: (at, { kind, view, round, detail }) => say(`seed ${at}: ${kind}, ${view}, round ${round}: ${detail}`),
    onFound,
    onProgress: reporter(started),
  })
  tell(result, seed, started, found, again)
  return result.findings === 0 && again.length === 0
}

/** Names of those that fail again. */
async function runRegressions(workshop: Workshop): Promise<string[]> {
  const failed: string[] = []
  const regressions = await readRegressions()
  for (const { name, case: made } of regressions) {
    const { findings } = await runCase(workshop, made)
    if (findings.length === 0) continue
    failed.push(name)
    say(`AGAIN: ${name}: ${findings.map(({ detail }) => detail).join('; ')}`)
  }
  say(`${regressions.length} regressions: ${failed.length} failed`)
  return failed
}

/** A line a minute. */
function reporter(started: number): (progress: Progress) => void {
  let last = started
  return ({ cases, views, comparisons, findings }) => {
    if (Date.now() - last < 60_000) return
    last = Date.now()
    const minutes = Math.round((last - started) / 60_000)
    say(`${minutes} min: ${cases} cases, ${views} views, ${comparisons} comparisons, ${findings} findings`)
  }
}

function tell(
  result: FuzzResult,
  seed: number,
  started: number,
  found: readonly { seed: number; file: string; detail: string }[],
  again: readonly string[],
): void {
  const { cases, views, comparisons, findings, coverage, lastSeed } = result
  const seconds = Math.round((Date.now() - started) / 1000)
  if (options.json) {
    const seeds = [seed, lastSeed]
    console.log(JSON.stringify({ seeds, seconds, cases, views, comparisons, findings, found, again, coverage }))
    return
  }
  console.log(`\n${coverage}\n`)
  console.log(
    `${cases} cases (seeds ${seed} to ${lastSeed}), ${views} views, ${comparisons} comparisons, ${seconds} s: ${findings} findings`,
  )
  console.log(`${(100 * coverage.share).toFixed(1)} % of the views are incremental for all their tables`)
}

if (options.help) console.log(help)
else if (!(await main())) process.exitCode = 1
