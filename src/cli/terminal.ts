import pc from 'picocolors'

export type Colours = ReturnType<typeof pc.createColors>

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Terminal {
  readonly json: boolean
  /** For text on standard output, and on standard error. They need not be the same device. */
  readonly colours: Colours
  readonly errorColours: Colours
  /** Columns to wrap text at; infinite where nobody reads along. */
  readonly width: number
  readonly errorWidth: number
  /** Somebody sits there who can be asked, and can see a line being redrawn. */
  readonly interactive: boolean
  result(text: string): void
  note(text: string): void
  /** Ends a line that is redrawn, if there is one. */
  redraw(line: string): void
  flush(): Promise<void>
}

type Output = NodeJS.WriteStream

/**
 * The terminal of this process. With `json`, whatever else writes to standard output, such as a configuration that
 * calls console.log, writes to standard error from here on: what is left holds one JSON document.
 */
export function openTerminal(json: boolean): Terminal {
  const { stdout, stderr, stdin } = process
  const write = stdout.write.bind(stdout)
  // Whoever reads may go away (`tidemark status | head -1`). The work goes on: it is not for the reader alone.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  if (json) stdout.write = stderr.write.bind(stderr) as Output['write']
  const redrawn = !json && stderr.isTTY === true && process.env.TERM !== 'dumb'
  let drawn = false
  const clear = (): void => {
    if (drawn) stderr.write('\r\u001b[K')
    drawn = false
  }
  return {
    json,
    colours: pc.createColors(!json && hasColours(stdout)),
    errorColours: pc.createColors(hasColours(stderr)),
    width: widthOf(stdout),
    errorWidth: widthOf(stderr),
    interactive: redrawn && stdout.isTTY === true && stdin.isTTY === true,
    result: (text) => {
      clear()
      write(`${text}\n`)
    },
    note: (text) => {
      clear()
      stderr.write(`${text}\n`)
    },
    redraw: (line) => {
      if (!redrawn) return
      clear()
      if (line === '') return
      stderr.write(line)
      drawn = true
    },
    flush: async () => {
      clear()
      await new Promise<void>((resolve) => write('', () => resolve()))
    },
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** https://no-color.org: set and not empty means no colour, wherever the output goes. */
function hasColours(stream: Output): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

function widthOf(stream: Output): number {
  return stream.isTTY === true ? Math.max(40, stream.columns || 80) : Number.POSITIVE_INFINITY
}
