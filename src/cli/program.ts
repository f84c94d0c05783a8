import { readFileSync } from 'node:fs'
import { Command, type CommanderError } from 'commander'
import { TidemarkError } from '../protocol/errors.js'
import type { Work } from './command.js'
import { applyCommand } from './commands/apply.js'
import { devCommand } from './commands/dev.js'
import { dropCommand } from './commands/drop.js'
import { explainCommand } from './commands/explain.js'
import { generateCommand } from './commands/generate.js'
import { initCommand } from './commands/init.js'
import { planCommand } from './commands/plan.js'
import { refreshCommand } from './commands/refresh.js'
import { runCommand } from './commands/run.js'
import { serveCommand } from './commands/serve.js'
import { statusCommand } from './commands/status.js'
import { verifyCommand } from './commands/verify.js'
import type { GlobalOptions } from './session.js'

const commands = [
  initCommand,
  explainCommand,
  planCommand,
  applyCommand,
  runCommand,
  serveCommand,
  devCommand,
  statusCommand,
  refreshCommand,
  verifyCommand,
  generateCommand,
  dropCommand,
]

const outro = `
Examples:
  tidemark init                      a configuration and a first view, to begin with
  tidemark explain                   how each view would be kept fresh
  tidemark apply                     deploy the views
  tidemark run                       keep them fresh
  tidemark status                    how fresh they are

Exit codes: 0 done; 1 it ran, and the answer is bad; 2 it could not be done.
TIDEMARK_DEBUG=1 shows where an error comes from. NO_COLOR=1 turns colours off.`

/** The command line. What it parses is handed to `perform`; help and errors in it end as a CommanderError. */
export function createProgram(perform: (options: GlobalOptions, work: Work) => Promise<void>): Command {
  const program = new Command('tidemark')
    .description('Keeps PostgreSQL views fresh: each refresh recomputes only what changed.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('-c, --config <path>', 'configuration file, or its directory (default: the nearest tidemark.config.ts)')
    .option('-d, --database <url>', 'database URL (default: of the configuration, TIDEMARK_DATABASE_URL, DATABASE_URL)')
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .addHelpText('after', outro)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  for (const install of commands) {
    install(program, (command, work) => perform(command.optsWithGlobals<GlobalOptions>(), work))
  }
  return program
}

/** What commander makes of a command line that it does not understand, as one of our errors. */
export function usageError({ message }: CommanderError): TidemarkError {
  const [said = '', ...advice] = message.replace(/^error: /, '').split('\n')
  const meant = advice
    .join(' ')
    .replace(/^\((.*)\)$/, '$1')
    .trim()
  return new TidemarkError('USAGE_INVALID', `${said.charAt(0).toUpperCase()}${said.slice(1)}.`, {
    hint: `${meant === '' ? '' : `${meant} `}${usageHint}`,
  })
}

/** For a program, which help would not be an answer for. */
export function noCommand(): TidemarkError {
  return new TidemarkError('USAGE_INVALID', 'No command was given.', { hint: usageHint })
}

const usageHint = 'tidemark --help lists commands, tidemark <command> --help their options.'

/** The package's own: two directories up, from src/ as from dist/. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
