/** Parts of the reference, which comes with the console: `### \`code\`` begins one. */
export function sectionOf(markdown: string, code: string): string | undefined {
  const start = markdown.indexOf(`\n### \`${code}\`\n`)
  if (start < 0) return undefined
  const body = markdown.slice(markdown.indexOf('\n', start + 1) + 1)
  const end = body.search(/^#{1,3} /m)
  return (end < 0 ? body : body.slice(0, end)).trim()
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'item'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }

/** What the reference is written in: paragraphs, lists and code. Links become their text, bold becomes plain. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  for (const [index, part] of markdown.split(/^```\w*\n?/m).entries()) {
    if (index % 2 === 1) {
      blocks.push({ kind: 'code', text: part.trimEnd() })
      continue
    }
    for (const paragraph of part.split(/\n\s*\n|\n(?=- )/)) {
      const text = plain(paragraph)
      if (text.startsWith('- ')) blocks.push({ kind: 'item', text: text.slice(2) })
      else if (text !== '') blocks.push({ kind: 'text', text })
    }
  }
  return blocks
}

function plain(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
}
