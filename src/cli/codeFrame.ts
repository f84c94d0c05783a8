import type { SourcePosition } from '../protocol/errors.js'
import { printable } from './format.js'
import type { Colours } from './terminal.js'

/** The lines around a place, with a caret under it. */
export function codeFrame(text: string, position: SourcePosition, colours: Colours, around = 2): string {
  const lines = text.split(/\r?\n/)
  const first = Math.max(1, position.line - around)
  // A file ends with a line break, after which there is no line to be shown; the place itself can be there.
  const written = text.trimEnd().split('\n').length
  const last = Math.max(position.line, Math.min(written, position.line + around))
  const gutter = String(last).length
  const frame: string[] = []
  for (let number = first; number <= last; number++) {
    const line = shown(lines[number - 1] ?? '')
    const here = number === position.line
    const head = `${here ? colours.red('>') : ' '} ${colours.dim(`${String(number).padStart(gutter)} │`)}`
    frame.push(`${head} ${line}`.trimEnd())
    if (!here) continue
    const before = shown((lines[number - 1] ?? '').slice(0, position.column - 1))
    frame.push(`  ${' '.repeat(gutter)} ${colours.dim('│')} ${' '.repeat(widthOf(before))}${colours.red('^')}`)
  }
  return frame.join('\n')
}

/** Tabs have no width of their own that could be relied on. */
function shown(line: string): string {
  return printable(line.replaceAll('\t', '  '))
}

/** East Asian wide characters and most emoji take two columns. */
function widthOf(text: string): number {
  return Array.from(text).reduce((width, character) => {
    if (/\p{M}/u.test(character)) return width
    return (
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
        character,
      )
        ? 2
        : 1)
    )
  }, 0)
}
