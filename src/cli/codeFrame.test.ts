import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { codeFrame, type FrameStyle } from './codeFrame.js'

const style: FrameStyle = { colours: pc.createColors(false), paint: (text) => text, around: 1 }

const frame = (text: string, position: Parameters<typeof codeFrame>[1], given: Partial<FrameStyle> = {}): string =>
  codeFrame(text, position, { ...style, ...given })
    .map((line) => line.trimEnd())
    .join('\n')

/** The range of a piece that the text has once. */
function rangeOf(text: string, piece: string) {
  const start = text.indexOf(piece)
  const place = (offset: number) => {
    const lines = text.slice(0, offset).split('\n')
    return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
  }
  const [from, to] = [place(start), place(start + piece.length)]
  return { ...from, endLine: to.line, endColumn: to.column, start, end: start + piece.length }
}

describe('a place', () => {
  test('has carets under its word, and lines around', () => {
    expect(frame('select a,\nfrom t\nwhere b\n', { line: 2, column: 1 })).toBe(
      ['  1 │ select a,', '> 2 │ from t', '    │ ^^^^', '  3 │ where b'].join('\n'),
    )
  })

  test('at the end of the text is behind its last line', () => {
    expect(frame('select', { line: 1, column: 7 })).toBe(['> 1 │ select', '    │       ^'].join('\n'))
  })
})

describe('a piece', () => {
  test('is underlined, whatever width its letters and those before it have', () => {
    const text = "select\t'漢é', \u{1F600} now()"
    expect(frame(text, rangeOf(text, 'now()'))).toBe(
      ["> 1 │ select  '漢é', \u{1F600} now()", '    │                   ^^^^^'].join('\n'),
    )
  })

  test('of several lines has marks at all of them, and what is before and after it on its lines is not marked', () => {
    const text = 'select a\nfrom (\n  select b\n  from t) x\nlimit 1'
    const painted = frame(text, rangeOf(text, '(\n  select b\n  from t)'), { paint: (piece) => `[${piece}]` })
    expect(painted.split('\n')).toEqual([
      '  1 │ select a',
      '[>] 2 │ from [(]',
      '[>] 3 │   [select b]',
      '[>] 4 │   [from t)] x',
      '  5 │ limit 1',
    ])
  })

  test('of many lines is cut in the middle', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`)
    const text = lines.join('\n')
    expect(frame(text, rangeOf(text, lines.slice(4, 25).join('\n'))).split('\n')).toEqual([
      '   4 │ line 4',
      ...[5, 6, 7, 8, 9].map((number) => `> ${String(number).padStart(2)} │ line ${number}`),
      '     ⋮',
      '> 25 │ line 25',
      '  26 │ line 26',
    ])
  })
})
