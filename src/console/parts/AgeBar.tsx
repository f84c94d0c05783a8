import { span } from '../format/time.js'
import { ageLabel } from '../health/ageLabel.js'
import { isLate } from '../health/assess.js'
import { ageOf, type KnownView } from '../health/known.js'
import { useNow } from '../live/useNow.js'
import classes from './parts.module.css'

/** The bar's length stands for twice the target, so that the target is in its middle. */
function filled(age: number, target: number): number {
  return Math.min(1, age / (2 * target))
}

function toneOf(view: KnownView, age: number | null): string {
  if (age === null) return 'muted'
  if (view.targetSeconds === null) return 'neutral'
  if (isLate(age, view.targetSeconds)) return view.unwatched === true ? 'muted' : 'danger'
  return age > view.targetSeconds ? 'warning' : 'good'
}

/** How old a view's rows are, against how old they may be. */
export function AgeBar({ view, large = false }: { readonly view: KnownView; readonly large?: boolean }) {
  const now = useNow()
  const age = ageOf(view, now)
  const target = view.targetSeconds
  const text = ageLabel(view, now)
  const targetText = target === null ? 'no target' : `target ${span(target * 1000)}`
  return (
    <div className={classes.age} data-large={large || undefined}>
      <div className={classes.ageText}>
        <span className={classes.ageValue}>{text}</span>
        <span className={classes.ageTarget}>{targetText}</span>
      </div>
      <div className={classes.ageTrack} data-tone={toneOf(view, age)} data-endless={target === null || undefined}>
        {target !== null && age !== null && (
          <div className={classes.ageFill} style={{ width: `${100 * filled(age, target)}%` }} />
        )}
        {target !== null && <div className={classes.ageMark} />}
      </div>
    </div>
  )
}
