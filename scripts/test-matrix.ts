/**
 * Runs the whole suite on each version of PostgreSQL: `npm run test:matrix [-- 15 18 …]`.
 * A version that this machine lacks is skipped with a line that says so, and fails when CI is set.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { findBinaries, type PostgresVersion, postgresVersions } from '../src/embedded/binaries.js'
import { readReport, type TestCounts } from './test-report.js'

interface Outcome {
  readonly version: PostgresVersion
  readonly result: 'passed' | 'failed' | 'missing'
  readonly seconds: number
  readonly counts: TestCounts
}

const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 }

async function runOn(version: PostgresVersion, reports: string): Promise<Outcome> {
  if ((await findBinaries(version)) === undefined) {
    console.log(`\nPostgreSQL ${version} is not installed: skipped${version === 15 ? ' (Debian: postgresql-15)' : ''}`)
    return { version, result: 'missing', seconds: 0, counts: noTests }
  }
  console.log(`\nPostgreSQL ${version}`)
  const report = join(reports, `${version}.json`)
  const started = Date.now()
  const run = spawnSync(
    'npx',
    ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    {
      stdio: 'inherit',
      env: { ...process.env, TIDEMARK_TEST_PG: String(version) },
    },
  )
  const { counts } = readReport(report)
  const seconds = Math.round((Date.now() - started) / 1000)
  return { version, result: run.status === 0 ? 'passed' : 'failed', seconds, counts }
}

function printTable(outcomes: readonly Outcome[]): void {
  const table = new Table({ head: ['PostgreSQL', 'result', 'passed', 'failed', 'skipped', 'seconds'] })
  for (const { version, result, counts, seconds } of outcomes) {
    table.push([version, result, counts.passed, counts.failed, counts.skipped, seconds])
  }
  console.log(`\n${table.toString()}`)
}

function requestedVersions(): readonly PostgresVersion[] {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter((text) => !postgresVersions.some((version) => String(version) === text))
  if (unknown.length > 0) {
    console.error(`Unknown version: ${unknown.join(', ')}. Known: ${postgresVersions.join(', ')}.`)
    process.exit(2)
  }
  return wanted.length === 0 ? postgresVersions : postgresVersions.filter((version) => wanted.includes(String(version)))
}

const reports = mkdtempSync(join(tmpdir(), 'tidemark-matrix-'))
const outcomes: Outcome[] = []
for (const version of requestedVersions()) outcomes.push(await runOn(version, reports))
rmSync(reports, { recursive: true, force: true })
printTable(outcomes)

const bad = outcomes.filter(({ result }) => result === 'failed' || (result === 'missing' && process.env.CI))
if (bad.length > 0) process.exitCode = 1
