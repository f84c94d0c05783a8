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
}

export const help = `usage: npm run demo [-- options]

Starts a PostgreSQL of its own, loads a competition's submissions into it, keeps four views over them fresh
while the writes go on, and shows how. Ctrl-C stops it and removes everything.

  --submissions N  rows of the big table (default 200000)
  --rate N         transactions a second (default 50)
  --once           run for a while, verify every view, and end: exit code 1 if any is wrong
  --seconds N      for how long, with --once (default 20)
  --json           with --once: the result on standard output, and nothing else there
  --help           this`

export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parsed(args)
  if (values.help) return 'help'
  if (values.json && !values.once) throw new UsageError('--json is for --once: the live table has no end.')
  return {
    once: values.once ?? false,
    json: values.json ?? false,
    submissions: wholeNumber('submissions', values.submissions ?? '200000', 1_000, 5_000_000),
    rate: wholeNumber('rate', values.rate ?? '50', 1, 10_000),
    seconds: wholeNumber('seconds', values.seconds ?? '20', 1, 3_600),
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
    },
  })
}
