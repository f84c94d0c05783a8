import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, platform, release, totalmem } from 'node:os'
import Table from 'cli-table3'
import type { BenchServer } from './databases.js'
import type { Outcome, Report, Result } from './types.js'

export async function makeReport(name: string, outcome: Outcome, server: BenchServer): Promise<Report> {
  const [processor] = cpus()
  const { results, conditions, ...more } = outcome
  return {
    name,
    measuredAt: new Date().toISOString(),
    machine: {
      processor: processor?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()}`,
    },
    versions: await versions(server),
    conditions: { ...conditions, ...(await server.settings()) },
    results,
    ...more,
  }
}

async function versions(server: BenchServer): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    tidemark: manifest.version,
    ...commit(),
    node: process.versions.node,
    postgresql: await server.version(),
  }
}

/** Which state of the code was measured; nothing where this is no checkout. */
function commit(): { commit?: string } {
  try {
    const run = (...args: string[]) =>
      execFileSync('git', args, { cwd: new URL('.', import.meta.url), encoding: 'utf8', stdio: 'pipe' }).trim()
    const changed = run('status', '--porcelain', '--untracked-files=no', '--', '../../src').length > 0
    return { commit: run('rev-parse', '--short', 'HEAD') + (changed ? ', with changes' : '') }
  } catch {
    return {}
  }
}

/** `bench/results/<name>.json`. */
export async function keepReport(report: Report): Promise<string> {
  const directory = new URL('../results/', import.meta.url)
  await mkdir(directory, { recursive: true })
  await writeFile(new URL(`${report.name}.json`, directory), `${JSON.stringify(report, null, 2)}\n`)
  return `bench/results/${report.name}.json`
}

export function reportTable(report: Report): string {
  const { machine, versions, conditions, rejected = [], summary = {}, tables = {} } = report
  const told = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(' · ')
  const failures = rejected.map((failure) => `${failure.case}: ${failure.code}: ${failure.message}`)
  const figures = Object.entries(summary).map(([name, value]) => `${name}: ${value}`)
  const shown = [
    ...(report.results.length > 0 ? [resultTable(report.results)] : []),
    ...Object.values(tables).map(plainTable),
  ]
  return [...shown, ...failures, ...figures, told(machine), told(versions), told(conditions)].join('\n')
}

/** One line a row, and none between them. */
const plainLines = {
  style: { head: ['bold'], border: ['dim'] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

function resultTable(results: readonly Result[]): string {
  const ofViews = results.some(({ mode }) => mode !== undefined)
  const table = new Table({
    ...plainLines,
    head: ['ratio', 'case', 'Tidemark', 'peer', '', ...(ofViews ? ['kept by', 'verified'] : [])],
    colAligns: ['right', 'left', 'right', 'left', 'right'],
  })
  for (const result of results) table.push(row(result))
  return table.toString()
}

function plainTable(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const head = Object.keys(rows[0] ?? {})
  const table = new Table({ ...plainLines, head, colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')) })
  for (const values of rows) table.push(head.map((name) => String(values[name])))
  return table.toString()
}

function row(result: Result): string[] {
  const { ratio, ours, peer, peerValue, unit } = result
  const kept = result.mode === undefined ? [] : [result.mode, result.verified ? 'yes' : 'NO']
  return [`${short(ratio)}×`, result.case, `${short(ours)} ${unit}`, peer, `${short(peerValue)} ${unit}`, ...kept]
}

function short(value: number): string {
  const fraction = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: fraction, maximumFractionDigits: fraction })
}
