import type { Condition } from '../health/assess.js'
import { looks } from './conditionLooks.js'
import classes from './parts.module.css'

export function ConditionIcon({ condition, size = 18 }: { readonly condition: Condition; readonly size?: number }) {
  const { icon: Icon, tone } = looks[condition]
  return <Icon size={size} className={classes.toned} data-tone={tone} aria-hidden stroke={2} />
}

export function ConditionBadge({ condition, label }: { readonly condition: Condition; readonly label: string }) {
  return (
    <span className={classes.badge} data-tone={looks[condition].tone}>
      <ConditionIcon condition={condition} size={15} />
      {label}
    </span>
  )
}
