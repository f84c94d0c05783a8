import pino from 'pino'
import type { ErrorBody } from '../protocol/errors.js'
import type { Log } from '../worker/events.js'
import { printable, printableLines } from './format.js'
import type { Colours, Terminal } from './terminal.js'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** Log lines on standard output: for people, or each a JSON document. */
export function workerLog(terminal: Terminal, verbose: boolean): Log {
  if (terminal.json) return jsonLog(terminal, verbose)
  const line =
    (level: Level) =>
    (details: object, message: string): void =>
      terminal.result(logLine(level, details, message, new Date(), terminal.colours))
  return {
    debug: verbose ? line('debug') : () => undefined,
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  }
}

function jsonLog(terminal: Terminal, verbose: boolean): Log {
  return pino(
    {
      level: verbose ? 'debug' : 'info',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => terminal.result(line.trimEnd()) },
  )
}

/** `12:00:00 warn  a refresh failed  view=mv_x failures=2`, with the error below it. */
export function logLine(level: Level, details: object, message: string, at: Date, colours: Colours): string {
  const paint = { debug: colours.dim, info: colours.green, warn: colours.yellow, error: colours.red }[level]
  const clock = at.toLocaleTimeString('en-GB')
  const { error, alert: _, ...fields } = details as { error?: unknown; alert?: unknown; [name: string]: unknown }
  const rest = Object.entries(fields).map(([name, value]) => `${colours.dim(`${name}=`)}${shown(value)}`)
  const head = [`${colours.dim(clock)} ${paint(level.padEnd(5))} ${printableLines(message)}`, ...rest].join('  ')
  return error === undefined ? head : `${head}\n${' '.repeat(15)}${describe(error)}`
}

function shown(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null) return printable(String(error))
  const { code, message, hint } = error as Partial<ErrorBody>
  return printable(
    [code === undefined ? '' : `${code}: `, message ?? '', hint === undefined ? '' : ` ${hint}`].join(''),
  )
}
