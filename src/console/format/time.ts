/** A number and its unit stay on one line. */
function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0')
}

/** How old something is, short: `0.4 s`, `12 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function age(seconds: number): string {
  return unbroken(ageText(seconds))
}

function ageText(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return days < 10 && hours % 24 > 0 ? `${days} d ${hours % 24} h` : `${days} d`
}

/** A span that somebody chose, such as a target: `5 s`, `90 s`, `1 min`, `1 min 30 s`. */
export function span(milliseconds: number): string {
  return unbroken(spanText(milliseconds))
}

function spanText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.round(milliseconds / 100) / 10
  if (seconds < 60) return `${seconds} s`
  const parts: string[] = []
  let rest = Math.round(seconds)
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const times = Math.floor(rest / size)
    if (times > 0 && parts.length < 2) parts.push(`${times} ${unit}`)
    rest -= times * size
  }
  return parts.join(' ')
}

/** How long something took: `0.8 ms`, `41 ms`, `3.2 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  return unbroken(durationText(milliseconds))
}

function durationText(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  return span(milliseconds)
}

/** `just now`, `12 s ago`, `in 3 min`: of a time (ISO 8601), as seen at `now` (ms). */
export function relative(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000
  if (Math.abs(seconds) < 1) return 'just now'
  const rounded = Math.abs(seconds) < 60 ? `${Math.round(Math.abs(seconds))} s` : ageText(Math.abs(seconds))
  return unbroken(seconds > 0 ? `${rounded} ago` : `in ${rounded}`)
}

const clockFormat = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const

/** A time for a person, in their zone: the day only where it is not today's. */
export function clockTime(time: string, now: number): string {
  const date = new Date(time)
  const sameDay = date.toDateString() === new Date(now).toDateString()
  const clock = date.toLocaleTimeString(undefined, clockFormat)
  return sameDay ? clock : `${date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })}, ${clock}`
}
