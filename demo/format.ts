import { stripVTControlCharacters } from 'node:util'

/** Numbers and times as the screen shows them: short, and of steady width. */

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** A duration in milliseconds. */
export function duration(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 9_995) return `${count(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  if (seconds < 3_599.5) return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`
}

/** How old a view is. */
export function age(seconds: number): string {
  return seconds < 99.95 ? `${seconds.toFixed(1)} s` : duration(seconds * 1000)
}

/** 0:07, 12:34, 1:02:03 */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export function times(ratio: number): string {
  return `${ratio < 9.95 ? ratio.toFixed(1) : count(ratio)}×`
}

const blocks = [...'▁▂▃▄▅▆▇█']

/** The last values as a row of bars, as high as the highest of them. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const highest = Math.max(...shown, 0)
  const bars = shown.map((value) => blocks[highest === 0 ? 0 : Math.round((value / highest) * 7)] ?? '▁')
  return bars.join('').padStart(width)
}

/** A bar of `width` cells, filled to this part. */
export function progressBar(part: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '━'.repeat(filled) + '─'.repeat(width - filled)
}

/** How many cells a text takes; its colours take none. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

/** A text cut to so many cells, its colours kept. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let room = width - 1
  let cut = ''
  let coloured = false
  for (const part of text.split(colourParts)) {
    if (part.startsWith(escapeCharacter)) {
      cut += part
      coloured = true
    } else {
      cut += [...part].slice(0, room).join('')
      room = Math.max(0, room - [...part].length)
    }
  }
  return `${cut}…${coloured ? '\u001b[0m' : ''}`
}

const escapeCharacter = '\u001b'
const colourParts = new RegExp(`(${escapeCharacter}\\[[0-9;]*m)`)
