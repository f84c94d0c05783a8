import { flag, readArguments, text, UsageError, wholeNumber } from '../scripts/arguments.js'

export interface DemoOptions {
  /** A bounded run that verifies the views and ends. */
  readonly once: boolean
  readonly json: boolean
  readonly submissions: number
  /** Transactions per second of all writers together. */
  readonly rate: number
  /** Length of the bounded run. */
  readonly seconds: number
  /** Dashboard and console; not in a bounded run. */
  readonly serve: boolean
  /** Null: the usual one, or another where that is taken. */
  readonly port: number | null
  readonly open: boolean
}

export const help = `usage: npm run demo [-- options]

Starts a PostgreSQL of its own, loads a competition's submissions into it, keeps four views over them fresh
while the writes go on, and shows how: here as a table, and in a browser as a dashboard and a console, at the
addresses that it prints. Ctrl-C stops it and removes everything.

  --submissions N  rows of the big table (default 200000)
  --rate N         transactions a second (default 50)
  --port N         port of dashboard and console, on this machine only (default 8432, or any if that is taken)
  --open           open the dashboard in the browser
  --no-serve       the table alone
  --once           run for a while, verify every view, and end: exit code 1 if any is wrong
  --seconds N      for how long, with --once (default 20)
  --json           with --once: the result on standard output, and nothing else there
  --help           this`

export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parsed(args)
  if (values.help) return 'help'
  if (values.json && !values.once) throw new UsageError('--json is for --once: the live table has no end.')
  const served = ['port', 'open'].find((name) => values[name as 'port' | 'open'] !== undefined)
  if (served !== undefined && (values.once || values['no-serve'])) {
    throw new UsageError(`--${served} is for a demo that serves pages: not with --once or --no-serve.`)
  }
  return {
    once: values.once ?? false,
    json: values.json ?? false,
    submissions: wholeNumber('submissions', values.submissions ?? '200000', 1_000, 5_000_000),
    rate: wholeNumber('rate', values.rate ?? '50', 1, 10_000),
    seconds: wholeNumber('seconds', values.seconds ?? '20', 1, 3_600),
    serve: !values.once && !values['no-serve'],
    port: values.port === undefined ? null : wholeNumber('port', values.port, 0, 65_535),
    open: values.open ?? false,
  }
}

function parsed(args: readonly string[]) {
  return readArguments({
    args: [...args],
    options: {
      help: { ...flag, short: 'h' },
      once: flag,
      json: flag,
      submissions: text,
      rate: text,
      seconds: text,
      port: text,
      open: flag,
      'no-serve': flag,
    },
  })
}
