import { type ReactNode, useId } from 'react'
import { Freshness, RefreshButton, useFreshness, type ViewName } from 'tidemark/react'

interface PanelProps {
  readonly view: ViewName
  readonly title: string
  readonly about: string
  /** Of the last read. */
  readonly error: Error | null
  /** Undefined until they are read. */
  readonly rows: readonly unknown[] | undefined
  readonly empty: string
  readonly className: string
  readonly children: ReactNode
}

/** Something that a view says, how old that is, and a button which brings it up to date. */
export function Panel({ view, title, about, error, rows, empty, className, children }: PanelProps) {
  const heading = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{title}</h2>
        <p>{about}</p>
      </header>
      <div className="body">
        {error !== null && <p role="alert">{error.message}</p>}
        {rows === undefined ? (
          error === null && <div className="waiting" />
        ) : rows.length === 0 ? (
          <p>{empty}</p>
        ) : (
          children
        )}
      </div>
      <footer>
        <Freshness className="freshness" view={view} />
        <Target view={view} />
        <RefreshButton className="refresh" view={view} aria-label={`Refresh ${title}`} />
      </footer>
    </section>
  )
}

function Target({ view }: { readonly view: ViewName }) {
  const { targetSeconds } = useFreshness(view)
  return targetSeconds === null ? null : <span className="target">target {targetSeconds} s</span>
}
