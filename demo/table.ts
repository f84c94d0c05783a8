import pc from 'picocolors'
import { age, clock, count, duration, padEnd, padStart, shorten, sparkline, times, widthOf } from './format.js'
import type { Frame, Pages, ViewFigures } from './frame.js'

type Colors = ReturnType<typeof pc.createColors>

export interface Terminal {
  readonly columns: number
  readonly colors: boolean
}

/** From this width on, a view takes one line; below, two. */
const wide = 118

/** The whole screen, as lines that are no longer than the terminal is wide. */
export function renderFrame(frame: Frame, terminal: Terminal): string[] {
  const c = pc.createColors(terminal.colors)
  const width = Math.min(terminal.columns, 140)
  const views = terminal.columns >= wide ? wideTable(frame, width, c) : narrowTable(frame, width, c)
  const lines = [
    '',
    ...header(frame, width, c),
    ...pageLines(frame.pages, c),
    '',
    ...views,
    '',
    ...footer(frame, width, c),
  ]
  return lines.map((line) => shorten(line, terminal.columns))
}

function header(frame: Frame, width: number, c: Colors): string[] {
  const { writes } = frame
  const title = ` ${c.bold(c.cyan('≈ Tidemark'))}  ${c.dim(`${count(frame.submissions)} submissions · ${frame.server}`)}`
  const tps = `${writes.transactionsPerSecond.toFixed(0)} tx/s`
  const rows = `${c.bold(`${count(writes.rowsPerSecond)} rows/s`)}`
  const all = c.dim(`${tps} · ${writes.clients} clients · ${count(writes.rows)} rows so far`)
  const errors = writes.errors > 0 ? c.red(` · ${count(writes.errors)} errors`) : ''
  const room = width >= wide ? 40 : 18
  return [
    between(title, c.dim(`${clock(frame.elapsedMs)} `), width),
    '',
    ` ${c.bold('writes')}  ${c.cyan(sparkline(writes.history, room))}  ${rows}  ${all}${errors}`,
  ]
}

/** Where to look at it. */
export function pageLines({ dashboard, console }: Pages, c: Colors): string[] {
  const named = [
    ['Dashboard', dashboard],
    ['Console', console],
  ] as const
  const lines = named.flatMap(([name, address]) =>
    address === null ? [] : [` ${padEnd(c.bold(name), 11)}${c.underline(address)}`],
  )
  return lines.length === 0 ? [] : ['', ...lines]
}

function wideTable(frame: Frame, width: number, c: Colors): string[] {
  const spark = Math.max(0, Math.min(16, width - 124))
  const cells = (values: readonly string[]) =>
    ` ${padEnd(values[0] ?? '', 27)}${padStart(values[1] ?? '', 8)} ${padStart(values[2] ?? '', 7)} ${padStart(values[3] ?? '', 8)}  ` +
    `${padEnd(values[4] ?? '', 12)}${padStart(values[5] ?? '', 7)}${padStart(values[6] ?? '', 9)}${padStart(values[7] ?? '', 10)}` +
    `${spark > 0 ? `  ${padEnd(values[8] ?? '', spark)}` : ''}  ${padStart(values[9] ?? '', 13)}${padStart(values[10] ?? '', 8)}`
  const names = ['view', 'rows', 'age', 'pending', 'refresh', 'slices', 'changed', 'took', '', 'CONCURRENTLY', 'ratio']
  const head = cells(names)
  return [
    c.dim(head),
    c.dim(` ${'─'.repeat(Math.max(0, width - 2))}`),
    ...frame.views.map((view) => {
      const { last } = view
      return cells([
        c.bold(view.view),
        count(view.rows),
        agePart(view, c),
        pendingPart(view, c),
        last === null ? c.dim('none yet') : modePart(view, last.mode, c),
        slicesOf(view),
        last === null ? '' : count(last.changedRows),
        last === null ? '' : c.bold(duration(last.durationMs)),
        c.cyan(sparkline(view.history, spark)),
        concurrentlyPart(view),
        ratioPart(view, c),
      ])
    }),
  ]
}

function narrowTable(frame: Frame, width: number, c: Colors): string[] {
  const row = (name: string, ageText: string, pending: string, took: string, peer: string, ratio: string) =>
    ` ${padEnd(name, 27)}${padStart(ageText, 7)}${padStart(pending, 9)}${padStart(took, 10)}${padStart(peer, 15)}${padStart(ratio, 9)}`
  return [
    c.dim(row('view', 'age', 'pending', 'took', 'CONCURRENTLY', 'ratio')),
    c.dim(` ${'─'.repeat(Math.max(0, width - 2))}`),
    ...frame.views.flatMap((view) => {
      const took = view.last === null ? '' : c.bold(duration(view.last.durationMs))
      const first = [c.bold(view.view), agePart(view, c), pendingPart(view, c), took] as const
      return [row(...first, concurrentlyPart(view), ratioPart(view, c)), ` ${detail(view, c)}`]
    }),
  ]
}

/** The second line of a view, where there is no room for columns. */
function detail(view: ViewFigures, c: Colors): string {
  if (view.last === null) return c.dim('  no refresh yet')
  const { mode, changedRows } = view.last
  const slices = slicesOf(view)
  const work = slices === '' ? '' : ` · ${slices} ${slices === '1' ? 'slice' : 'slices'}`
  const rows = ` · ${count(changedRows)} of ${count(view.rows)} rows changed`
  return `  ${modePart(view, mode, c)}${c.dim(`${work}${rows} · ${count(view.refreshes)} refreshes`)}`
}

function slicesOf(view: ViewFigures): string {
  return view.last?.slices == null ? '' : count(view.last.slices)
}

function agePart(view: ViewFigures, c: Colors): string {
  if (view.ageSeconds === 0) return c.green('fresh')
  const text = age(view.ageSeconds)
  const promised = view.freshnessSeconds ?? Number.POSITIVE_INFINITY
  // A refresh that begins when the view is as old as promised takes its time, too.
  if (view.ageSeconds <= promised + 1) return c.green(text)
  return view.ageSeconds <= 2 * promised + 1 ? c.yellow(text) : c.red(text)
}

function pendingPart(view: ViewFigures, c: Colors): string {
  return view.pendingChanges === 0 ? c.dim('0') : count(view.pendingChanges)
}

function modePart(view: ViewFigures, mode: string, c: Colors): string {
  if (view.state === 'error' || view.state === 'quarantined') return c.red(view.state)
  if (mode === 'incremental') return c.green(mode)
  return mode === 'full' ? c.yellow(mode) : c.red(mode)
}

function concurrentlyPart(view: ViewFigures): string {
  return view.concurrentlyMs === null ? '' : duration(view.concurrentlyMs)
}

function ratioPart(view: ViewFigures, c: Colors): string {
  if (view.concurrentlyMs === null || view.last === null) return ''
  const ratio = view.concurrentlyMs / view.last.durationMs
  const text = c.bold(times(ratio))
  return ratio >= 1 ? c.green(text) : c.yellow(text)
}

function footer(frame: Frame, width: number, c: Colors): string[] {
  const rule = c.dim(` ${'─'.repeat(Math.max(0, width - 2))}`)
  return [
    rule,
    ` ${sumOfRefreshes(frame, c)}`,
    c.dim(width >= wide ? ` Look inside: psql ${frame.url} -c 'table tidemark.freshness'` : ` psql ${frame.url}`),
    `${c.dim(' age: how far behind now · ')}${c.bold('Ctrl-C')}${c.dim(' stops, and removes everything')}`,
  ]
}

/** What all of it took, and what it would have taken. */
export function sumOfRefreshes(frame: Pick<Frame, 'views'>, c: Colors): string {
  const refreshes = frame.views.reduce((sum, view) => sum + view.refreshes, 0)
  if (refreshes === 0) return c.dim('Waiting for the first refresh.')
  const ours = frame.views.reduce((sum, view) => sum + view.totalMs, 0)
  const theirs = frame.views.reduce((sum, view) => sum + view.refreshes * (view.concurrentlyMs ?? 0), 0)
  const would = theirs > 0 ? `; REFRESH CONCURRENTLY would have taken ${c.bold(duration(theirs))}` : ''
  return `${count(refreshes)} refreshes took ${c.bold(c.green(duration(ours)))}${would}`
}

function between(left: string, right: string, width: number): string {
  return left + padStart(right, width - widthOf(left))
}
