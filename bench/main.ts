/**
 * npm run bench -- <name> [options]. docs/benchmarks.md says what each one measures.
 */
import { UsageError } from '../scripts/arguments.js'
import { choice } from './choice/choice.js'
import { coverage } from './coverage/coverage.js'
import { http } from './http/http.js'
import type { Bench, Benchmark } from './kit/bench.js'
import { BenchServer } from './kit/databases.js'
import { type BenchOptions, optionsHelp, parseOptions } from './kit/options.js'
import { keepReport, makeReport, reportTable } from './kit/report.js'
import { latency } from './latency/latency.js'
import { live } from './live/live.js'
import { refresh } from './refresh/refresh.js'
import { scale } from './scale/scale.js'
import { tpchGrowth } from './tpch/growth.js'
import { tpch } from './tpch/tpch.js'
import { writes } from './writes/writes.js'

const benchmarks: readonly Benchmark[] = [
  refresh,
  tpch,
  tpchGrowth,
  writes,
  latency,
  live,
  http,
  scale,
  choice,
  coverage,
]

const help = `usage: npm run bench -- <name> [options]

${benchmarks.map(({ name, summary }) => `  ${name.padEnd(18)}  ${summary}`).join('\n')}

${optionsHelp}`

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const { name, help: helped, options } = parseOptions(args)
    if (helped) {
      console.log(help)
      return 0
    }
    const benchmark = benchmarks.find((known) => known.name === name)
    if (benchmark === undefined) throw new UsageError(name === undefined ? 'which one?' : `there is no "${name}"`)
    return (await runBenchmark(benchmark, options)) ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${help}`)
    return 2
  }
}

/** Whether every view that was measured was right at the end. */
async function runBenchmark(benchmark: Benchmark, options: BenchOptions): Promise<boolean> {
  const started = Date.now()
  const say = (text: string) =>
    console.error(`${String(Math.round((Date.now() - started) / 1000)).padStart(5)} s  ${text}`)
  say(options.database === undefined ? 'starting a PostgreSQL' : 'using the server that was named')
  const server = await BenchServer.open(options)
  const release = closeWhenStopped(server)
  try {
    const bench: Bench = { server, options, say }
    const report = await makeReport(benchmark.name, await benchmark.run(bench), server)
    if (options.quick) say('--quick: the figures are not kept')
    else say(`kept in ${await keepReport(report)}`)
    console.log(options.json ? JSON.stringify(report, null, 2) : reportTable(report))
    return report.results.every(({ verified }) => verified !== false)
  } finally {
    release()
    await server.close()
  }
}

/** Ctrl-C leaves no database on somebody's server. */
function closeWhenStopped(server: BenchServer): () => void {
  const stop = (signal: NodeJS.Signals) => {
    console.error(`${signal}: cleaning up`)
    void server.abandon().finally(() => process.exit(130))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return () => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
