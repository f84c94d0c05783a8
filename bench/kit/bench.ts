import type { BenchServer } from './databases.js'
import type { BenchOptions } from './options.js'
import type { Outcome } from './types.js'

/** What a benchmark is given. */
export interface Bench {
  readonly server: BenchServer
  readonly options: BenchOptions
  /** Says on standard error what is being done. */
  readonly say: (text: string) => void
}

export interface Benchmark {
  readonly name: string
  readonly summary: string
  run(bench: Bench): Promise<Outcome>
}
