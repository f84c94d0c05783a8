import type { SourcePosition, SourceRange } from '../protocol/errors.js'
import { printable } from './format.js'
import type { Colours } from './terminal.js'

type Paint = (text: string) => string

export interface FrameStyle {
  readonly colours: Colours
  /** For what the frame is about. */
  readonly paint: Paint
  /** Lines to show before and after. */
  readonly around: number
}

/** Of a piece of more lines than this, those in the middle are left out. */
const mostLines = 7

/** The lines around a place, with carets under the word there; around a piece of text, with carets under all of it. */
export function codeFrame(text: string, position: SourcePosition | SourceRange, style: FrameStyle): string[] {
  const { colours, paint, around } = style
  const lines = text.split(/\r?\n/)
  const end = 'end' in position ? { line: position.endLine, column: position.endColumn } : undefined
  const lastOfPiece = end?.line ?? position.line
  // A file ends with a line break, after which there is no line to be shown; the place itself can be there.
  const written = text.trimEnd().split('\n').length
  const first = Math.max(1, position.line - around)
  const last = Math.max(lastOfPiece, Math.min(written, lastOfPiece + around))
  const gutter = String(last).length
  const frame: string[] = []
  for (let number = first; number <= last; number++) {
    const line = lines[number - 1] ?? ''
    const here = number >= position.line && number <= lastOfPiece
    const middle = position.line + mostLines - 2
    if (number === middle && lastOfPiece >= position.line + mostLines) {
      frame.push(`  ${' '.repeat(gutter)} ${colours.dim('⋮')}`)
      number = lastOfPiece - 1
      continue
    }
    const from = number === position.line ? position.column - 1 : indentOf(line)
    const to = end === undefined ? from : number === end.line ? end.column - 1 : line.length
    const code = here && end !== undefined ? marked(line, from, to, paint) : shown(line)
    const head = `${here ? paint('>') : ' '} ${colours.dim(`${String(number).padStart(gutter)} │`)}`
    frame.push(`${head} ${code}`.trimEnd())
    if (position.line !== lastOfPiece || !here) continue
    const piece =
      end === undefined
        ? (/^(?:"[^"]+"|'[^']+'|[\p{L}\p{N}_$]+)/u.exec(line.slice(from))?.[0] ?? '')
        : line.slice(from, to)
    const [left, width] = [line.slice(0, from), piece].map((own) => widthOf(shown(own)))
    const carets = paint('^'.repeat(Math.max(1, width ?? 1)))
    frame.push(`  ${' '.repeat(gutter)} ${colours.dim('│')} ${' '.repeat(left ?? 0)}${carets}`)
  }
  return frame
}

function marked(line: string, from: number, to: number, paint: Paint): string {
  const [before, piece, after] = [line.slice(0, from), line.slice(from, to), line.slice(to)].map(shown)
  return `${before}${piece === '' ? '' : paint(piece ?? '')}${after}`
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
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
