/** Values as people read them. */

const absent = '–'

export function formatCount(value: number | null): string {
  return value === null ? absent : value.toLocaleString('en')
}

export function counted(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** `0.4 ms`, `22 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatMs(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  return formatSeconds(ms / 1000)
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** The two largest units. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const index = units.findIndex(([, length]) => whole >= length)
  const [unit, length] = units[index] ?? ['s', 1]
  const [next, nextLength] = units[index + 1] ?? ['', 1]
  const rest = index < 0 ? 0 : Math.floor((whole % length) / nextLength)
  const first = `${Math.floor(whole / length)} ${unit}`
  return rest === 0 || next === '' ? first : `${first} ${rest} ${next}`
}

export function formatAge(date: Date | null, now: Date): string {
  if (date === null) return absent
  const seconds = (now.getTime() - date.getTime()) / 1000
  return seconds < 1 ? 'just now' : `${formatSeconds(seconds)} ago`
}

/** Text from elsewhere, with nothing in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

/** The same for text that may have several lines. */
export function printableLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?!\n|\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

/** What stands between backticks is code: coloured, or as it is where there are no colours. */
export function withCode(text: string, paint: (code: string) => string, coloured: boolean): string {
  if (!coloured) return text
  return text.replace(/`([^`]+)`/g, (_, code: string) => code.split('\n').map(paint).join('\n'))
}

/** Breaks text between words so that it fits; each line begins with the indent. Lines that are there stay. */
export function wrap(text: string, width: number, indent = ''): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, width - indent.length))
    .map((line) => indent + line)
    .join('\n')
}

function wrapLine(line: string, width: number): string[] {
  if (line.length <= width) return [line]
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else {
      current = current === '' ? word : `${current} ${word}`
    }
  }
  return [...lines, current]
}
