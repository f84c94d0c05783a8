import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { widthOf } from '../../demo/format.js'
import type { Frame, ViewFigures } from '../../demo/frame.js'
import { plainLines } from '../../demo/live.js'
import { renderFrame } from '../../demo/table.js'

const lane: ViewFigures = {
  view: 'mv_lane_score_distribution',
  state: 'ready',
  rows: 2_011,
  ageSeconds: 1.26,
  freshnessSeconds: 2,
  pendingChanges: 63,
  last: { mode: 'incremental', slices: 45, changedRows: 196, durationMs: 21.56 },
  refreshes: 10,
  totalMs: 215.6,
  history: [20, 25, 21.56],
  concurrentlyMs: 2_156,
}

const fresh: ViewFigures = {
  ...lane,
  view: 'mv_agent_progress',
  rows: 145_588,
  ageSeconds: 0,
  pendingChanges: 0,
  last: null,
  refreshes: 0,
  totalMs: 0,
  history: [],
}

const frame: Frame = {
  submissions: 200_000,
  server: 'PostgreSQL 18.4',
  url: 'postgresql://postgres:0123456789abcdef01234567@127.0.0.1:39101/arena',
  pages: {
    dashboard: 'http://127.0.0.1:8432/dashboard/#token=0123456789abcdef01234567',
    console: 'http://127.0.0.1:8432/console/#token=0123456789abcdef01234567',
  },
  elapsedMs: 63_000,
  writes: {
    clients: 4,
    transactionsPerSecond: 50.2,
    rowsPerSecond: 78.4,
    rows: 4_885,
    errors: 0,
    history: [60, 70, 78.4],
  },
  views: [lane, fresh],
}

function drawn(columns: number, changed: Partial<Frame> = {}): string[] {
  return renderFrame({ ...frame, ...changed }, { columns, colors: false })
}

function lineOf(lines: readonly string[], text: string): string {
  return lines.find((line) => line.includes(text)) ?? ''
}

describe('the live table', () => {
  test.each([20, 60, 80, 100, 117, 118, 124, 140, 200])('fits a terminal of %i columns', (columns) => {
    for (const colors of [false, true]) {
      const lines = renderFrame(frame, { columns, colors })
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
    }
  })

  test.each([80, 120])('fits 24 lines with four views, at %i columns', (columns) => {
    expect(drawn(columns, { views: [lane, lane, lane, lane] }).length).toBeLessThanOrEqual(23)
  })

  test('shows everything of a view on one line of a wide terminal', () => {
    const line = lineOf(drawn(120), lane.view)
    expect(line.trim().split(/ {2,}/)).toEqual([
      ...['mv_lane_score_distribution', '2,011', '1.3 s', '63', 'incremental'],
      ...['45', '196', '22 ms', '2,156 ms', '100×'],
    ])
  })

  test('shows the same on two lines of a narrow one', () => {
    const lines = drawn(80)
    const first = lines.findIndex((line) => line.includes(lane.view))
    expect(lines[first]?.trim().split(/ {2,}/)).toEqual([lane.view, '1.3 s', '63', '22 ms', '2,156 ms', '100×'])
    expect(lines[first + 1]).toContain('incremental · 45 slices · 196 of 2,011 rows changed · 10 refreshes')
  })

  test('calls a view fresh that has nothing pending, and claims no figures before its first refresh', () => {
    expect(lineOf(drawn(120), fresh.view).trim().split(/ {2,}/)).toEqual([
      ...['mv_agent_progress', '145,588', 'fresh', '0', 'none yet'],
      '2,156 ms',
    ])
    expect(drawn(80, { views: [fresh] }).join('\n')).toContain('no refresh yet')
    expect(drawn(80, { views: [fresh] }).join('\n')).toContain('Waiting for the first refresh')
  })

  test('adds up what the refreshes took, and what it would have been', () => {
    expect(lineOf(drawn(120), 'refreshes took')).toBe(
      ' 10 refreshes took 216 ms; REFRESH CONCURRENTLY would have taken 21.6 s',
    )
  })

  test('shows writes, time, and how to leave', () => {
    const text = drawn(120).join('\n')
    expect(text).toMatch(/Tidemark +200,000 submissions · PostgreSQL 18\.4 .* 1:03/)
    expect(text).toContain('▆▇█  78 rows/s  50 tx/s · 4 clients · 4,885 rows so far')
    expect(text).toContain('Ctrl-C stops, and removes everything')
    expect(text).not.toContain('errors')
    expect(drawn(120, { writes: { ...frame.writes, errors: 3 } }).join('\n')).toContain('3 errors')
  })

  test('says whole addresses, also at 80 columns', () => {
    for (const columns of [80, 120]) {
      const text = drawn(columns).join('\n')
      expect(text).toContain(`psql ${frame.url}`)
      expect(text).toContain(`Dashboard  ${frame.pages.dashboard}`)
      expect(text).toContain(`Console    ${frame.pages.console}`)
    }
  })

  test('names no pages where none are served', () => {
    expect(drawn(120, { pages: { dashboard: null, console: null } }).join('\n')).not.toMatch(/Dashboard|Console/)
  })

  test('shows a view that failed by its state', () => {
    const failed: ViewFigures = { ...lane, state: 'quarantined' }
    for (const columns of [80, 120]) {
      const text = drawn(columns, { views: [failed] }).join('\n')
      expect(text).toContain('quarantined')
      expect(text).not.toContain('incremental')
    }
  })

  test('has colours for those who want them, and the same text', () => {
    const colored = renderFrame(frame, { columns: 120, colors: true })
    expect(colored.join('')).toContain('\u001b[')
    expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(drawn(120))
  })
})

describe('the lines for a log', () => {
  test('say the same, without a table', () => {
    expect(plainLines(frame)).toEqual([
      '   1:03  writes: 78 rows/s in 50 tx/s, 4,885 rows so far',
      '   1:03  mv_lane_score_distribution: 1.3 s old, 63 pending; incremental, 45 slices, 196 rows, 22 ms; ' +
        'CONCURRENTLY 2,156 ms, 100×',
      '   1:03  mv_agent_progress: fresh',
    ])
  })
})
