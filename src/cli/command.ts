import type { Command } from 'commander'
import type { ExitCode } from './exitCode.js'
import type { Session } from './session.js'

export interface Given<Options> {
  /** Views named on the command line. */
  readonly views: readonly string[]
  readonly options: Options
}

export interface CommandDefinition<Options extends object> {
  readonly name: string
  /** One line, in the list of commands. */
  readonly summary: string
  readonly description: string
  /** What naming views does, where the command takes them. */
  readonly views?: string
  /** Flags, and what they do. */
  readonly options?: readonly (readonly [string, string])[]
  /** Command lines, and what they do. */
  readonly examples: readonly (readonly [string, string])[]
  readonly run: (session: Session, given: Given<Options>) => Promise<ExitCode>
}

export type Work = (session: Session) => Promise<ExitCode>

/** Enters a command into the program, which hands its work to `perform`. */
export type Install = (program: Command, perform: (command: Command, work: Work) => Promise<void>) => void

export function defineCommand<Options extends object>(definition: CommandDefinition<Options>): Install {
  return (program, perform) => {
    const command = program.command(definition.name).summary(definition.summary).description(definition.description)
    const { views } = definition
    if (views !== undefined) command.argument('[view...]', views)
    for (const [flags, text] of definition.options ?? []) command.option(flags, text)
    command.addHelpText('after', examplesText(definition.examples))
    command.action(async () => {
      const given = { views: views === undefined ? [] : command.args, options: command.opts<Options>() }
      await perform(command, (session) => definition.run(session, given))
    })
  }
}

function examplesText(examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([line]) => line.length))
  return ['', 'Examples:', ...examples.map(([line, text]) => `  ${line.padEnd(width)}  ${text}`)].join('\n')
}
