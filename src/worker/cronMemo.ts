import { type CronSchedule, nextCronTime } from '../define/cron.js'
import type { NextCron } from './when.js'

/** Between `after` and `at`, the schedule names no time. */
interface Gap {
  readonly after: number
  readonly at: number | null
}

const gapsKept = 8

/** `nextCronTime`, remembering the gaps that it found: hundreds of views ask for the same schedule, many times a second. */
export function rememberingCron(find = nextCronTime): NextCron {
  const known = new Map<string, Gap[]>()
  return (schedule: CronSchedule, after: number): number | null => {
    const name = `${schedule.expression}\n${schedule.timeZone}`
    const gaps = known.get(name) ?? []
    const gap = gaps.find((candidate) => candidate.after <= after && (candidate.at === null || after < candidate.at))
    if (gap !== undefined) return gap.at
    const at = find(schedule, new Date(Math.floor(after)))?.getTime() ?? null
    known.set(name, [...gaps.slice(1 - gapsKept), { after, at }])
    return at
  }
}
