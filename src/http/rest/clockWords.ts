import type { Condition } from '../../read/query.js'

/** Words that PostgreSQL takes for the time at which it reads them, where it reads a date or a time. */
const words = /\b(?:now|today|tomorrow|yesterday)\b/i

/** Whether what a condition means may change by itself. */
export function readsClock(condition: Condition | undefined): boolean {
  switch (condition?.kind) {
    case 'and':
    case 'or':
      return condition.conditions.some(readsClock)
    case 'not':
      return readsClock(condition.condition)
    case 'compare':
    case 'in':
      return condition.values.some((value) => words.test(value))
    default:
      return false
  }
}
