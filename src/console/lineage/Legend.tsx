import type { Maintenance } from '../../protocol/explanation.js'
import classes from './lineage.module.css'

const told: readonly (readonly [Maintenance, string])[] = [
  ['slice', 'slices that a change touches are recomputed'],
  ['delta', 'a change is added to what is kept'],
  ['full', 'a change recomputes the whole view'],
]

/** What the lines mean: by their pattern, not by their colour alone. */
export function Legend() {
  return (
    <ul className={classes.legend} aria-label="What the lines mean">
      {told.map(([maintenance, text]) => (
        <li key={maintenance}>
          <svg width="34" height="8" aria-hidden>
            <line x1="0" x2="34" y1="4" y2="4" className={classes.line} data-maintenance={maintenance} />
          </svg>
          {text}
        </li>
      ))}
      <li>
        <svg width="34" height="8" aria-hidden>
          <line x1="0" x2="34" y1="4" y2="4" className={classes.line} data-maintenance="slice" data-pending />
        </svg>
        changes are on their way
      </li>
    </ul>
  )
}
