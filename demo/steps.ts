import pc from 'picocolors'
import { duration, padEnd, progressBar, shorten } from './format.js'

/** Where a step has come to: a part of 1, where that is known, and what it is at. */
export type ReportStep = (part: number | undefined, note?: string) => void

const spinner = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const frameMs = 80

/**
 * The steps of the set-up, one line each. In a terminal the line of the step at work is redrawn; elsewhere each step
 * says when it begins and when it is done.
 */
export class Steps {
  readonly #colors

  constructor(private readonly out: NodeJS.WriteStream) {
    this.#colors = pc.createColors(out.isTTY === true && !process.env.NO_COLOR)
  }

  /** `done` says in a few words what came of it. */
  async run<Value>(
    title: string,
    work: (report: ReportStep) => Promise<Value>,
    done: (value: Value) => string = () => '',
  ): Promise<Value> {
    const started = performance.now()
    const stop = this.out.isTTY ? this.#animate(title, started) : this.#announce(title)
    try {
      const value = await work(stop.report)
      stop.end(true, done(value), performance.now() - started)
      return value
    } catch (error) {
      stop.end(false, '', performance.now() - started)
      throw error
    }
  }

  #announce(title: string) {
    this.out.write(`${title} …\n`)
    return {
      report: () => {},
      end: (good: boolean, note: string, took: number) => {
        if (good) this.out.write(`  done in ${duration(took)}${note === '' ? '' : `: ${note}`}\n`)
      },
    }
  }

  #animate(title: string, started: number) {
    const c = this.#colors
    let part: number | undefined
    let note = ''
    let turn = 0
    const draw = (line: string) => this.out.write(`\r\u001b[2K${shorten(line, this.out.columns - 1)}`)
    const drawRunning = () => {
      const bar = part === undefined ? '' : `${c.cyan(progressBar(part, 20))}  `
      const took = c.dim(`${((performance.now() - started) / 1000).toFixed(0)} s`)
      draw(` ${c.cyan(spinner[turn++ % spinner.length] ?? '')} ${padEnd(title, 34)}  ${bar}${c.dim(note)}  ${took}`)
    }
    drawRunning()
    const timer = setInterval(drawRunning, frameMs)
    return {
      report: (newPart: number | undefined, newNote?: string) => {
        part = newPart
        note = newNote ?? note
      },
      end: (good: boolean, result: string, took: number) => {
        clearInterval(timer)
        const mark = good ? c.green('✔') : c.red('✖')
        draw(` ${mark} ${padEnd(title, 34)}  ${result === '' ? '' : `${result}  `}${c.dim(duration(took))}`)
        this.out.write('\n')
      },
    }
  }
}
