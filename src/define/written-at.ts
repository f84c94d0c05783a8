/** Where in the configuration file a query stands that is written there. */

export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** The place of a query's first character; undefined unless the file has it as one literal, word for word, once. */
export function writtenAt(query: string, file: string): TextPlace | undefined {
  const text = file.replaceAll('\r\n', '\n')
  const start = text.indexOf(query)
  if (start < 1 || text.includes(query, start + 1)) return undefined
  const quote = text.charAt(start - 1)
  if (!['`', "'", '"'].includes(quote) || text.charAt(start + query.length) !== quote) return undefined
  const lines = text.slice(0, start).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}
