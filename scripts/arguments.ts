/** What the demo and the benchmarks share in reading their command lines. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Somebody called it wrongly: the message and the help are the answer. */
export class UsageError extends Error {}

export const text = { type: 'string' } as const
export const flag = { type: 'boolean' } as const

export function readArguments<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Digits can be grouped: 200_000 or 200,000. */
export function wholeNumber(name: string, written: string, least = 1, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(written.replaceAll(/[_,]/g, ''))
  if (written === '' || !Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`
    throw new UsageError(`--${name} takes whole numbers ${range}, not "${written}".`)
  }
  return value
}
