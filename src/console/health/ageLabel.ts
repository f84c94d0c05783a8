import { age as ageText } from '../format/time.js'
import { ageOf, type KnownView } from './known.js'

/** How old a view's rows are, in two words or three. */
export function ageLabel(view: KnownView, now: number): string {
  const age = ageOf(view, now)
  if (age === null) return 'not known'
  if (age === 0) return 'up to date'
  return `${view.unwatched === true ? '≤\u00a0' : ''}${ageText(age)} old`
}
