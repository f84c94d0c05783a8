import { Text } from '@mantine/core'
import {
  IconAlertTriangle,
  type IconBell,
  IconCircleCheck,
  IconClockExclamation,
  IconEyeExclamation,
  IconGitCompare,
  IconHourglassHigh,
  IconLock,
} from '@tabler/icons-react'
import { memo, useState } from 'react'
import { Link } from 'wouter'
import type { Alert, AlertKind } from '../../protocol/alert.js'
import { serverNow } from '../api/client.js'
import { CodeLink } from '../docs/CodeLink.js'
import { clockTime, duration } from '../format/time.js'
import { Prose } from '../parts/Prose.js'
import { paths } from '../paths.js'
import classes from './activity.module.css'
import type { Entry } from './entries.js'
import { RunOutcome } from './RunTable.js'

/** What happened, the newest first: one line each on a wide screen, a few on a narrow one. */
export function EntryList({ entries }: { readonly entries: readonly Entry[] }) {
  // What was there already does not draw the eye.
  const [openedAt] = useState(serverNow)
  return (
    <ol className={`surface ${classes.entries}`} aria-label="What happened, the newest first">
      {entries.map((entry) => (
        <EntryLine key={entry.id} entry={entry} isNew={Date.parse(entry.at) > openedAt} />
      ))}
    </ol>
  )
}

const EntryLine = memo(
  function EntryLine({ entry, isNew }: { readonly entry: Entry; readonly isNew: boolean }) {
    return (
      <li className={classes.entry} data-kind={entry.kind} data-new={isNew || undefined}>
        <time dateTime={entry.at} className={classes.time}>
          {clockTime(entry.at, serverNow())}
        </time>
        <Link href={paths.view(entry.view)} className={classes.viewName}>
          {entry.view}
        </Link>
        <div className={classes.what}>
          {entry.kind === 'run' ? <RunOutcome run={entry.run} /> : <AlertLine alert={entry.alert} />}
        </div>
        <Text size="sm" c="dimmed" className={classes.took}>
          {entry.kind === 'run' ? duration(entry.run.durationMs) : ''}
        </Text>
      </li>
    )
  },
  (before, after) => before.entry.id === after.entry.id,
)

const alertLooks: Readonly<
  Record<AlertKind, { readonly icon: typeof IconBell; readonly tone: string; readonly label: string }>
> = {
  failed: { icon: IconAlertTriangle, tone: 'danger', label: 'Alert: failed' },
  quarantined: { icon: IconLock, tone: 'danger', label: 'Alert: quarantined' },
  stale: { icon: IconClockExclamation, tone: 'warning', label: 'Alert: stale' },
  slow: { icon: IconHourglassHigh, tone: 'warning', label: 'Alert: slow' },
  drift: { icon: IconGitCompare, tone: 'danger', label: 'Alert: drift' },
  warning: { icon: IconEyeExclamation, tone: 'warning', label: 'Alert: exposed' },
  recovered: { icon: IconCircleCheck, tone: 'good', label: 'Recovered' },
}

function AlertLine({ alert }: { readonly alert: Alert }) {
  const { icon: Icon, tone, label } = alertLooks[alert.kind]
  return (
    <div className={classes.outcome} data-tone={tone}>
      <Icon size={16} aria-hidden />
      <Text span size="sm">
        <strong>{label}</strong> {alert.error !== undefined && <CodeLink code={alert.error.code} />}{' '}
        <Prose text={alert.message} />
      </Text>
    </div>
  )
}
