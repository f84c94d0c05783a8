import { flag, readArguments, text, UsageError, wholeNumber } from '../../scripts/arguments.js'
import { type PostgresVersion, postgresVersions } from '../../src/embedded/binaries.js'

export interface BenchOptions {
  readonly json: boolean
  /** Small and short: to see that it runs, not for its figures. They are not kept. */
  readonly quick: boolean
  /** A server to run on, instead of one of our own. A new database is made there, and dropped. */
  readonly database: string | undefined
  readonly postgres: PostgresVersion
  readonly submissions: number | undefined
  readonly rounds: number | undefined
  readonly seconds: number | undefined
  readonly clients: readonly number[] | undefined
  readonly views: readonly number[] | undefined
  readonly rates: readonly number[] | undefined
  readonly sizes: readonly number[] | undefined
  readonly scaleFactor: number | undefined
  readonly queries: readonly number[] | undefined
}

export const optionsHelp = `Options of all:
  --json              the report on standard output, and nothing else there
  --quick             small and short, to see that it runs; the figures are not kept
  --database URL      a server to run on (a new database is made and dropped); else an embedded one
  --postgres N        version of the embedded server (${postgresVersions.join(', ')}; default 18)
  --submissions N     rows of the big table (also --rows N)
  --rounds N          how often each case is measured; the median counts
Of some:
  --seconds N         length of one measurement            (writes, latency)
  --clients 1,8,32    connections that write               (writes)
  --views 0,1,5       views over the table                 (writes)
  --rates 50,200,1000 transactions per second              (latency)
  --sizes N,N,N       rows of the big table                (scale)
  --sf 0.1            scale factor                         (tpch, tpch-growth: the larger of the two)
  --queries 1,3,18    only these                           (tpch, tpch-growth)`

export function parseOptions(args: readonly string[]): {
  name: string | undefined
  help: boolean
  options: BenchOptions
} {
  const { positionals, values } = parsed(args)
  if (positionals.length > 1) throw new UsageError(`one benchmark at a time, not ${positionals.join(' and ')}`)
  const rows = values.submissions ?? values.rows
  return {
    name: positionals[0],
    help: values.help ?? false,
    options: {
      json: values.json ?? false,
      quick: values.quick ?? false,
      database: values.database,
      postgres: version(values.postgres),
      submissions: rows === undefined ? undefined : wholeNumber('submissions', rows),
      rounds: values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds),
      seconds: values.seconds === undefined ? undefined : wholeNumber('seconds', values.seconds),
      clients: list('clients', values.clients),
      views: list('views', values.views, 0),
      rates: list('rates', values.rates),
      sizes: list('sizes', values.sizes),
      scaleFactor: values.sf === undefined ? undefined : scaleFactor(values.sf),
      queries: list('queries', values.queries),
    },
  }
}

function parsed(args: readonly string[]) {
  return readArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { ...flag, short: 'h' },
      json: flag,
      quick: flag,
      database: text,
      postgres: text,
      submissions: text,
      rows: text,
      rounds: text,
      seconds: text,
      clients: text,
      views: text,
      rates: text,
      sizes: text,
      sf: text,
      queries: text,
    },
  })
}

function version(text: string | undefined): PostgresVersion {
  const found = postgresVersions.find((known) => String(known) === (text ?? '18'))
  if (found === undefined) throw new UsageError(`--postgres can be ${postgresVersions.join(', ')}, not ${text}`)
  return found
}

function list(name: string, text: string | undefined, least = 1): number[] | undefined {
  return text?.split(',').map((part) => wholeNumber(name, part.trim(), least))
}

function scaleFactor(text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0.001 && value <= 100)) {
    throw new UsageError(`--sf is a number from 0.001 to 100, not "${text}"`)
  }
  return value
}
