#!/usr/bin/env node
import { CommanderError } from 'commander'
import type { Work } from './command.js'
import { exitCode } from './exitCode.js'
import { reportFailure } from './failure.js'
import { createProgram, noCommand, usageError } from './program.js'
import { type GlobalOptions, Session } from './session.js'
import { openTerminal } from './terminal.js'

async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.done
  const program = createProgram(async (options, work) => {
    code = await perform(options, work)
  })
  try {
    await program.parseAsync(argv)
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitCode.done
    const json = argv.includes('--json')
    // Commander has printed the help that it shows when no command is given.
    const helped = error.code === 'commander.help'
    if (helped && !json) return exitCode.wrong
    const terminal = openTerminal(json)
    reportFailure(helped ? noCommand() : usageError(error), terminal, [])
    await terminal.flush()
    return exitCode.wrong
  }
}

async function perform(options: GlobalOptions, work: Work): Promise<number> {
  const terminal = openTerminal(options.json === true)
  const session = new Session(options, terminal)
  // A configuration may start things that fail on their own.
  process.on('uncaughtException', (error) => {
    reportFailure(error, terminal, [])
    process.exit(exitCode.wrong)
  })
  try {
    return await work(session)
  } catch (error) {
    if (session.interrupted !== undefined) {
      terminal.note('Interrupted. What was in flight is undone.')
      return session.interrupted
    }
    reportFailure(error, terminal, session.views)
    return exitCode.wrong
  } finally {
    await session.close()
    await terminal.flush()
  }
}

// A configuration may have left timers or connections behind: they must not keep the command from ending.
process.exit(await main(process.argv))
