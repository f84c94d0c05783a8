/** `1,234,567`, whatever the browser's language: it is mixed with names and SQL. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** `1,234`, or `> 10,000` where there are more than were counted. */
export function counted(value: number, more: boolean, shown = count): string {
  return `${more ? '> ' : ''}${shown(value)}`
}

/** Short, for narrow places: `999`, `12.3k`, `4.5M`. */
export function compact(value: number): string {
  if (value < 10_000) return count(value)
  for (const [unit, size] of [
    ['k', 1e3],
    ['M', 1e6],
    ['G', 1e9],
  ] as const) {
    if (value < size * 999.5) return `${(value / size).toFixed(value < size * 99.95 ? 1 : 0)}${unit}`
  }
  return value.toExponential(1)
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  let scaled = value
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    scaled /= 1024
    if (scaled < 999.5) return `${scaled.toFixed(scaled < 9.95 ? 1 : 0)} ${unit}`
  }
  return `${scaled.toFixed(0)} TB`
}

/** `1 view`, `5 views`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
