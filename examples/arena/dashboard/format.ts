const points = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const wholes = new Intl.NumberFormat('en')
const days = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })

export function score(value: number | null): string {
  return value === null ? '–' : points.format(value)
}

export function count(value: number): string {
  return wholes.format(value)
}

/** Weeks begin on Monday, 0:00 UTC, and come without a time zone. */
export function weekOf(week: string): string {
  return days.format(new Date(`${week}Z`))
}
