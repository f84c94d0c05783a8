import { Title } from '@mantine/core'
import type { KnownDetail } from '../api/queries.js'
import { span } from '../format/time.js'
import classes from './sections.module.css'

/** When it is refreshed, in words; nothing of what is not set. */
function settingsOf({ settings }: KnownDetail): (readonly [string, string])[] {
  const { freshnessMs, schedule, onChange, reconcile, maxRunMs, retry } = settings
  const told: (readonly [string, string] | null)[] = [
    freshnessMs === null ? null : ['Target', `no older than ${span(freshnessMs)}`],
    onChange && [
      'On change',
      `once writes pause for ${span(onChange.debounceMs)}, ${span(onChange.maxWaitMs)} at the latest`,
    ],
    schedule && ['Schedule', scheduleText(schedule)],
    reconcile && ['Reconciled', `${reconcile.cron} (${reconcile.timeZone}): everything recomputed and compared`],
    ['Time limit', `a refresh is cut off after ${span(maxRunMs)}`],
    [
      'Retries',
      `after ${span(retry.initialDelayMs)}, up to ${span(retry.maxDelayMs)}${
        retry.quarantineAfter === null ? '' : `; quarantined after ${retry.quarantineAfter} failures in a row`
      }`,
    ],
  ]
  return told.filter((line) => line !== null)
}

function scheduleText(schedule: NonNullable<KnownDetail['settings']['schedule']>): string {
  return schedule.kind === 'interval' ? `every ${span(schedule.everyMs)}` : `${schedule.cron} (${schedule.timeZone})`
}

export function Settings({ view }: { readonly view: KnownDetail }) {
  return (
    <section aria-labelledby="settings">
      <div className={classes.sectionHead}>
        <Title order={2} id="settings">
          When it is refreshed
        </Title>
      </div>
      <dl className={`surface ${classes.facts}`}>
        {settingsOf(view).map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
