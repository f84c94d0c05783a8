import { expect, test } from 'vitest'
import { cronProblem, nextCronTime } from './cron.js'
import { isTimeZone } from './time-zone.js'

test.each([
  '0 2 * * *',
  '*/5 * * * *',
  '30 0 2 * * *',
  '@hourly',
  '@daily',
  '0 2 * JAN-MAR MON',
  '0 2 L * *',
  '0 0 29 2 *',
])('%s is a cron expression', (expression) => {
  expect(cronProblem(expression)).toBeNull()
})

test.each([
  ['', 'five fields'],
  ['0 2 * *', 'five fields'],
  ['0 0 2 * * * 2030', 'five fields'],
  ['61 * * * *', 'minute'],
  ['*/0 * * * *', 'stepping'],
  ['@reboot', '@reboot'],
  [' ', 'five fields'],
  ['2030-01-01T00:00:00', 'five fields'],
  ['0 0 30 2 *', 'never comes'],
])('%j is not: %s', (expression, why) => {
  expect(cronProblem(expression)).toContain(why)
})

function next(expression: string, timeZone: string, after: string): string | undefined {
  return nextCronTime({ expression, timeZone }, new Date(after))?.toISOString()
}

test('a schedule is read by the clock of its zone', () => {
  expect(next('0 2 * * *', 'UTC', '2026-06-01T00:00:00Z')).toBe('2026-06-01T02:00:00.000Z')
  expect(next('0 2 * * *', 'Europe/Berlin', '2026-06-01T00:00:00Z')).toBe('2026-06-02T00:00:00.000Z')
  expect(next('0 2 * * *', 'Asia/Kathmandu', '2026-06-01T00:00:00Z')).toBe('2026-06-01T20:15:00.000Z')
})

test('the next time is after the given one, not at it', () => {
  expect(next('0 2 * * *', 'UTC', '2026-06-01T02:00:00Z')).toBe('2026-06-02T02:00:00.000Z')
})

test('a time that a clock change skips is taken after the gap; one that comes twice is taken once', () => {
  // Berlin: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
  expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z')).toBe('2026-03-29T01:00:00.000Z')
  expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z')
  expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z')
})

test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT-3', 'europe/berlin'])(
  '%s is a time zone',
  (name) => {
    expect(isTimeZone(name)).toBe(true)
  },
)

test.each(['', 'local', 'Mars/Olympus', '+02:00', '-05', 'Z', ' UTC'])('%j is no time zone', (name) => {
  expect(isTimeZone(name)).toBe(false)
})
