/** What a terminal was told to show, as an SVG. */

interface Style {
  readonly bold: boolean
  readonly dim: boolean
  readonly underline: boolean
  readonly color: string
}

interface Piece {
  readonly column: number
  readonly text: string
  readonly style: Style
}

const foreground = '#dcdfe4'
const background = '#1e2127'
const colors: Readonly<Record<number, string>> = {
  31: '#e06c75',
  32: '#98c379',
  33: '#e5c07b',
  34: '#61afef',
  35: '#c678dd',
  36: '#56b6c2',
  39: foreground,
}
const plain: Style = { bold: false, dim: false, underline: false, color: foreground }

const fontSize = 13
const cellWidth = 7.83
const lineHeight = 18
const margin = 16

export function screenPicture(screen: string, { columns, title }: { columns: number; title: string }): string {
  const lines = screen.split('\n').map(piecesOf)
  const first = lines.findIndex((pieces) => pieces.length > 0)
  const last = lines.findLastIndex((pieces) => pieces.length > 0)
  const shown = lines.slice(first, last + 1)
  const width = Math.ceil(2 * margin + columns * cellWidth)
  const height = 2 * margin + shown.length * lineHeight + 6
  const texts = shown.flatMap((pieces, row) => pieces.map((piece) => textOf(piece, margin + (row + 1) * lineHeight)))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${fontSize}" role="img"><title>${escaped(title)}</title><rect width="100%" height="100%" rx="8" fill="${background}"/>
${texts.join('\n')}
</svg>
`
}

function textOf({ column, text, style }: Piece, y: number): string {
  const attributes = [
    `x="${(margin + column * cellWidth).toFixed(1)}"`,
    `y="${y}"`,
    'xml:space="preserve"',
    `fill="${style.color}"`,
    style.bold ? 'font-weight="bold"' : '',
    style.dim ? 'opacity="0.6"' : '',
    style.underline ? 'text-decoration="underline"' : '',
    // Whatever font is there: columns stand below each other.
    `textLength="${([...text].length * cellWidth).toFixed(1)}"`,
  ]
  return `<text ${attributes.filter((attribute) => attribute !== '').join(' ')}>${escaped(text)}</text>`
}

/** A line in pieces of one style each, without the blanks between them. */
function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = []
  let style = plain
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told begins with one.
  for (const [part, codes] of line.replaceAll('\r', '').matchAll(/\u001b\[([\d;?]*)[A-Za-z]|[^\u001b]+/g)) {
    if (part.startsWith('\u001b')) {
      if (part.endsWith('m')) for (const code of (codes ?? '').split(';')) style = styled(style, Number(code))
      continue
    }
    const blanks = part.length - part.trimStart().length
    const text = part.trim()
    if (text !== '') pieces.push({ column: column + blanks, text, style })
    column += [...part].length
  }
  return pieces
}

function styled(style: Style, code: number): Style {
  if (code === 0) return plain
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 4) return { ...style, underline: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 24) return { ...style, underline: false }
  const color = colors[code]
  return color === undefined ? style : { ...style, color }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
