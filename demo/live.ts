import { setTimeout as delay } from 'node:timers/promises'
import { age, clock, count, duration, times } from './format.js'
import type { Frame, ViewFigures } from './frame.js'
import type { Run } from './run.js'
import { Screen } from './screen.js'
import { renderFrame } from './table.js'

const redrawMs = 500
const plainMs = 5_000

/** Shows the run until this process is stopped: as a table that is redrawn, or as lines where there is no terminal. */
export async function showLive(run: Run, out: NodeJS.WriteStream, show: (frame: Frame) => void): Promise<never> {
  for (;;) {
    const started = performance.now()
    show(await run.frame())
    await delay(Math.max(50, (out.isTTY ? redrawMs : plainMs) - (performance.now() - started)))
  }
}

/** How frames are shown, and how the last one is left on the terminal. */
export function viewer(out: NodeJS.WriteStream): { show: (frame: Frame) => void; leave: () => void } {
  let last: Frame | undefined
  if (!out.isTTY) {
    return {
      show: (frame) => {
        for (const line of plainLines(frame)) out.write(`${line}\n`)
      },
      leave: () => {},
    }
  }
  const screen = new Screen(out)
  const colors = !process.env.NO_COLOR
  const render = (frame: Frame) => renderFrame(frame, { columns: screen.columns, colors })
  const redraw = () => {
    if (last !== undefined) screen.draw(render(last))
  }
  out.on('resize', redraw)
  return {
    show: (frame) => {
      last = frame
      redraw()
    },
    leave: () => {
      out.off('resize', redraw)
      screen.close()
      if (last !== undefined) out.write(`${render(last).slice(0, -2).join('\n')}\n\n`)
    },
  }
}

/** For a log: every view, one line each. */
export function plainLines(frame: Frame): string[] {
  const { writes } = frame
  const time = clock(frame.elapsedMs).padStart(7)
  const total = `${count(writes.rowsPerSecond)} rows/s in ${writes.transactionsPerSecond.toFixed(0)} tx/s, ${count(writes.rows)} rows so far`
  return [`${time}  writes: ${total}`, ...frame.views.map((view) => `${time}  ${viewLine(view)}`)]
}

function viewLine(view: ViewFigures): string {
  const now = view.ageSeconds === 0 ? 'fresh' : `${age(view.ageSeconds)} old, ${count(view.pendingChanges)} pending`
  const { last, concurrentlyMs } = view
  if (last === null) return `${view.view}: ${now}`
  const slices = last.slices === null ? '' : `${count(last.slices)} slices, `
  const peer =
    concurrentlyMs === null
      ? ''
      : `; CONCURRENTLY ${duration(concurrentlyMs)}, ${times(concurrentlyMs / last.durationMs)}`
  return `${view.view}: ${now}; ${last.mode}, ${slices}${count(last.changedRows)} rows, ${duration(last.durationMs)}${peer}`
}
