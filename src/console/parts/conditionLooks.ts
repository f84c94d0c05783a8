import {
  IconAlertTriangle,
  IconArrowRampRight,
  IconCircleCheck,
  IconClockExclamation,
  IconEyeExclamation,
  IconEyeOff,
  IconHammer,
  IconLock,
  IconPlayerPause,
} from '@tabler/icons-react'
import type { Condition } from '../health/assess.js'

/** How each condition looks: never by its colour alone. */
export const looks: Readonly<Record<Condition, { readonly icon: typeof IconLock; readonly tone: string }>> = {
  quarantined: { icon: IconLock, tone: 'danger' },
  failing: { icon: IconAlertTriangle, tone: 'danger' },
  late: { icon: IconClockExclamation, tone: 'warning' },
  exposed: { icon: IconEyeExclamation, tone: 'warning' },
  bypassed: { icon: IconArrowRampRight, tone: 'notice' },
  paused: { icon: IconPlayerPause, tone: 'muted' },
  building: { icon: IconHammer, tone: 'notice' },
  unseen: { icon: IconEyeOff, tone: 'muted' },
  fresh: { icon: IconCircleCheck, tone: 'good' },
}

export const labels: Readonly<Record<Condition, string>> = {
  quarantined: 'Quarantined',
  failing: 'Failing',
  late: 'Late',
  exposed: 'Exposed',
  bypassed: 'Bypassed',
  paused: 'Paused',
  building: 'Building',
  unseen: 'Not known',
  fresh: 'Fresh',
}
