import { Text } from '@mantine/core'
import { memo } from 'react'
import { Link } from 'wouter'
import { compact, counted } from '../format/number.js'
import { AgeBar } from '../parts/AgeBar.js'
import { ConditionBadge } from '../parts/ConditionBadge.js'
import { labels } from '../parts/conditionLooks.js'
import { LastRun } from '../parts/LastRun.js'
import { Sparkline } from '../parts/Sparkline.js'
import { paths } from '../paths.js'
import classes from './overview.module.css'
import type { ShownView } from './shownView.js'

/** The list on a narrow screen. */
export function ViewCards({ views }: { readonly views: readonly ShownView[] }) {
  return (
    <ul className={classes.cards}>
      {views.map(({ view, condition }) => (
        <Card key={view.view} view={view} condition={condition} />
      ))}
    </ul>
  )
}

const Card = memo(function Card({ view, condition }: ShownView) {
  return (
    <li className={`surface ${classes.card}`}>
      <div className={classes.cardHead}>
        <Link href={paths.view(view.view)} className={classes.viewName}>
          {view.view}
        </Link>
        <ConditionBadge condition={condition} label={labels[condition]} />
      </div>
      <AgeBar view={view} />
      <div className={classes.cardFoot}>
        <Text size="xs" c="dimmed">
          {view.pendingChanges === null
            ? 'not captured'
            : `${counted(view.pendingChanges, view.morePending, compact)} pending`}
          {view.rows !== null && ` · ${compact(view.rows)} rows`}
          {' · '}
          <LastRun view={view} />
        </Text>
        <Sparkline runs={view.recentRuns} bars={18} />
      </div>
    </li>
  )
})
