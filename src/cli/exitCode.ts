/**
 * What the command tells the shell. A command that could not do its work prints an error and ends with `wrong`,
 * whatever the cause; one that did it, and found something bad, prints its result and ends with `bad`.
 */
export const exitCode = { done: 0, bad: 1, wrong: 2 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
