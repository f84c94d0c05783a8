import { confirm, isCancel } from '@clack/prompts'
import type { Terminal } from './terminal.js'

/** Asks, where somebody can answer. A script is taken at its word. */
export async function confirmed(terminal: Terminal, question: string): Promise<boolean> {
  if (!terminal.interactive) return true
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr })
  return !isCancel(answer) && answer
}
