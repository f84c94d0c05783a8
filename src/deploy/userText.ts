import type { NormalisedView, TextOrigin } from '../define/types.js'
import type { SourcePosition } from '../protocol/errors.js'

/** A position in a view's query as one in the file that the query stands in, where that is known. */
export function inFileOf<Position extends SourcePosition>(view: NormalisedView, position: Position): Position {
  const file = view.queryFile ?? view.writtenAt?.file
  return file === undefined ? position : placedFrom(view.writtenAt ?? { file, line: 1, column: 1 }, position)
}

/** A position in a text as one in the file that the text stands in. */
export function placedFrom<Position extends SourcePosition>(
  { file, line, column }: TextOrigin,
  position: Position,
): Position {
  const shift = (own: { readonly line: number; readonly column: number }) => ({
    line: line + own.line - 1,
    column: own.line === 1 ? column + own.column - 1 : own.column,
  })
  const { endLine, endColumn } = position as Partial<Record<'endLine' | 'endColumn', number>>
  if (endLine === undefined || endColumn === undefined) return { ...position, ...shift(position), file }
  const end = shift({ line: endLine, column: endColumn })
  return { ...position, ...shift(position), endLine: end.line, endColumn: end.column, file }
}
