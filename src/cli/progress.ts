import type { ApplyPhase, ApplyProgress } from '../deploy/index.js'
import { formatCount, formatMs, printable } from './format.js'
import type { Terminal } from './terminal.js'

const words: Readonly<Record<ApplyPhase, string>> = {
  compiling: 'compiling',
  capturing: 'installing capture for',
  building: 'building',
  indexing: 'indexing',
  swapping: 'swapping in',
  done: 'done:',
}

/** Progress of an apply: one line that is redrawn on a terminal; elsewhere a line for each phase of each view. */
export function showProgress(terminal: Terminal): (progress: ApplyProgress) => void {
  const said = new Set<string>()
  return (progress) => {
    const text = describeProgress(progress)
    if (terminal.interactive) {
      terminal.redraw(progress.phase === 'done' ? '' : terminal.errorColours.dim(text))
      return
    }
    const phase = `${progress.view}\0${progress.phase}`
    // Capture is looked at for every view, also where all is as it should be.
    if (said.has(phase) || progress.phase === 'capturing') return
    said.add(phase)
    terminal.note(text)
  }
}

function describeProgress({ view, phase, rows, expectedRows, elapsedMs }: ApplyProgress): string {
  const parts = [`${words[phase]} ${printable(view)}`]
  if (rows !== undefined && rows > 0) {
    parts.push(`${formatCount(rows)}${expectedRows === undefined ? '' : ` of about ${formatCount(expectedRows)}`} rows`)
  }
  if (elapsedMs >= 1) parts.push(formatMs(elapsedMs))
  return parts.join('  ')
}
