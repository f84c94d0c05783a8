import { Cron } from 'croner'

/** A cron expression and the zone whose clock it is read by. */
export interface CronSchedule {
  readonly expression: string
  readonly timeZone: string
}

/**
 * The first time after `after` that the schedule names, or null when there is none.
 *
 * Where clocks go forward, a fixed time that does not exist is taken right after the gap; where they go back, it is
 * taken once. Expects an expression that `cronProblem` accepts.
 */
export function nextCronTime(schedule: CronSchedule, after: Date): Date | null {
  return parse(schedule.expression, schedule.timeZone).nextRun(after)
}

/** Why the text is no usable cron expression, or null when it is one. */
export function cronProblem(expression: string): string | null {
  // Counted here, since croner takes a seventh field, and a date, which would be a schedule of one run.
  const fields = expression.trim().split(/\s+/)
  if (!expression.trim().startsWith('@') && fields.length !== 5 && fields.length !== 6) {
    return 'it has five fields (minute hour day month weekday), or six with seconds first'
  }
  try {
    return parse(expression, 'UTC').nextRun() === null ? 'it names a time that never comes' : null
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '').replace(/\.$/, '')
  }
}

function parse(expression: string, timeZone: string): Cron {
  return new Cron(expression, { mode: '5-or-6-parts', timezone: timeZone })
}
