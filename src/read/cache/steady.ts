import type { Condition } from '../query.js'

/** Calls that give the same for the same, as far as conditions go that people write. */
const pure = new Set(
  'in any all some and or not exists between coalesce nullif greatest least lower upper length char_length abs round floor ceil ceiling mod sign trunc left right btrim ltrim rtrim trim replace position substring starts_with array_length cardinality array row cast numeric decimal varchar char jsonb_array_length jsonb_typeof'.split(
    ' ',
  ),
)

const moving = /\b(select|current_\w+|localtime\w*|session_user|user|now|today|tomorrow|yesterday|allballs)\b/i

/**
 * Whether a condition gives the same for the same row at any time and for anybody. Says no when it is not sure: that costs
 * the cache, and no truth.
 */
export function isSteady(condition: string | null): boolean {
  if (condition === null) return true
  if (moving.test(condition)) return false
  const called = condition.matchAll(/("?)([\w$.]+)"?\s*\(/g)
  return [...called].every(([, quote, name]) => quote === '' && pure.has(String(name).toLowerCase()))
}

/** PostgreSQL reads these words as times when they are compared with one. */
const clockWord = /\b(now|today|tomorrow|yesterday|allballs)\b/i

export function readsClock(condition: Condition | undefined): boolean {
  switch (condition?.kind) {
    case 'and':
    case 'or':
      return condition.conditions.some(readsClock)
    case 'not':
      return readsClock(condition.condition)
    case 'compare':
    case 'in':
      return condition.values.some((value) => clockWord.test(value))
    default:
      return false
  }
}
