import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { NormalisedView } from '../define/types.js'
import type { SourcePosition, SourceRange } from '../protocol/errors.js'
import { codeFrame, type FrameStyle } from './codeFrame.js'
import { printableLines } from './format.js'

/** Where something stands, as editors and terminals take it, and below that the lines themselves. */
export function excerpt(
  view: string | undefined,
  position: SourcePosition | SourceRange,
  views: readonly NormalisedView[],
  style: FrameStyle,
): string[] {
  const file = position.file === undefined ? undefined : relative(process.cwd(), position.file)
  const where = file === undefined ? `query of ${view ?? 'the view'}` : file
  const head = style.colours.cyan(`${printableLines(where)}:${position.line}:${position.column}`)
  const text = position.file === undefined ? queryOf(view, views) : readQuietly(position.file)
  return text === undefined ? [head] : [head, ...codeFrame(text, position, style)]
}

function queryOf(name: string | undefined, views: readonly NormalisedView[]): string | undefined {
  return views.find((view) => view.name === name || `${view.schema}.${view.name}` === name)?.query
}

function readQuietly(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch {
    return undefined
  }
}
