import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { serverNow } from '../api/client.js'
import type { KnownDetail } from '../api/queries.js'
import { count, counted } from '../format/number.js'
import { clockTime, duration } from '../format/time.js'
import { AgeBar } from '../parts/AgeBar.js'
import { Ago } from '../parts/Ago.js'
import { LastRun } from '../parts/LastRun.js'
import { Sparkline } from '../parts/Sparkline.js'
import classes from './page.module.css'

/** The figures that matter most, live. */
export function Figures({ view }: { readonly view: KnownDetail }) {
  const last = view.recentRuns.at(-1)
  return (
    <div className={`surface ${classes.figures}`}>
      <Figure label="Age" wide>
        <AgeBar view={view} large />
      </Figure>
      <Figure
        label="Pending changes"
        note={view.pendingChanges === null ? 'its changes are not captured' : 'rows written, not yet taken in'}
      >
        {view.pendingChanges === null ? '–' : counted(view.pendingChanges, view.morePending)}
      </Figure>
      <Figure label="Rows" note={view.asOf === null ? 'no rows yet' : `as of ${clockTime(view.asOf, serverNow())}`}>
        {view.rows === null ? '–' : count(view.rows)}
      </Figure>
      <Figure label={last === undefined ? 'Built' : 'Last refresh'} note={last && <LastRun view={view} />}>
        {last === undefined ? <Ago time={view.lastRun} /> : duration(last.durationMs)}
      </Figure>
      <Figure label={recentLabel(view.recentRuns.length)}>
        <Sparkline runs={view.recentRuns} barWidth={5} height={36} />
      </Figure>
    </div>
  )
}

function recentLabel(runs: number): string {
  if (runs === 0) return 'No refreshes yet'
  return runs === 1 ? 'The only refresh' : `Last ${runs} refreshes`
}

interface FigureProps {
  readonly label: string
  readonly note?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

function Figure({ label, note, wide = false, children }: FigureProps) {
  return (
    <div className={classes.figure} data-wide={wide || undefined}>
      <Text size="xs" c="dimmed" fw={600}>
        {label}
      </Text>
      <div className={classes.figureValue}>{children}</div>
      {note !== undefined && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </div>
  )
}
