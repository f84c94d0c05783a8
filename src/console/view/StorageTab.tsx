import { Text, Title } from '@mantine/core'
import type { ViewSizes } from '../../protocol/api.js'
import type { KnownDetail } from '../api/queries.js'
import { bytes, count, plural } from '../format/number.js'
import { Ago } from '../parts/Ago.js'
import { Sql } from '../parts/Sql.js'
import sections from './sections.module.css'
import classes from './storage.module.css'

/** From this share of dead rows on, autovacuum does not keep up. */
const bloated = 0.3

export function StorageTab({ view }: { readonly view: KnownDetail }) {
  const { sizes } = view
  return (
    <div className={sections.columns}>
      <div className={sections.column}>
        <section aria-labelledby="sizes">
          <div className={sections.sectionHead}>
            <Title order={2} id="sizes">
              Size
            </Title>
          </div>
          {sizes === null ? <Text c="dimmed">It has no storage yet.</Text> : <Sizes sizes={sizes} />}
        </section>
      </div>
      <div className={sections.column}>
        <section aria-labelledby="indexes">
          <div className={sections.sectionHead}>
            <Title order={2} id="indexes">
              Indexes
            </Title>
          </div>
          <Indexes view={view} />
        </section>
      </div>
    </div>
  )
}

function Sizes({ sizes }: { readonly sizes: ViewSizes }) {
  const parts = [
    ['Rows', sizes.table, 'neutral'],
    ['Indexes', sizes.indexes, 'notice'],
    ['Large values (TOAST)', sizes.toast, 'muted'],
  ] as const
  const total = sizes.table + sizes.indexes + sizes.toast
  const dead = sizes.deadRows / Math.max(1, sizes.deadRows + sizes.liveRows)
  return (
    <div className={`surface ${classes.padded}`}>
      <Text fz={22} fw={650}>
        {bytes(total)}
      </Text>
      <div className={classes.stack} aria-hidden>
        {parts
          .filter(([, size]) => size > 0)
          .map(([label, size, tone]) => (
            <div key={label} data-tone={tone} style={{ flexGrow: size / Math.max(1, total) }} />
          ))}
      </div>
      <dl className={classes.legend}>
        {parts.map(([label, size, tone]) => (
          <div key={label} data-tone={tone}>
            <dt>{label}</dt>
            <dd>{bytes(size)}</dd>
          </div>
        ))}
      </dl>
      <Title order={3} fz="sm" mt="lg" mb={4}>
        Dead rows
      </Title>
      <div className={classes.stack} data-tone={dead > bloated ? 'danger' : 'good'} aria-hidden>
        <div style={{ flexGrow: dead }} />
        <div className={classes.rest} style={{ flexGrow: 1 - dead }} />
      </div>
      <Text size="sm">
        {count(sizes.deadRows)} dead beside {count(sizes.liveRows)} live ({(100 * dead).toFixed(dead < 0.1 ? 1 : 0)} %),
        as PostgreSQL estimates.
      </Text>
      <Text size="sm" c="dimmed" mt={4}>
        {dead > bloated
          ? 'That is much: vacuum does not keep up with how often rows change. Look whether a long transaction holds it back.'
          : 'Replaced rows stay until vacuum takes them away.'}{' '}
        Last vacuum: <Ago time={sizes.lastVacuum} />.
      </Text>
    </div>
  )
}

function Indexes({ view }: { readonly view: KnownDetail }) {
  if (view.indexes.length === 0) return <Text c="dimmed">It has none.</Text>
  return (
    <ul className={`surface ${sections.indexes}`}>
      {view.indexes.map(({ name, definition, bytes: size, scans }) => (
        <li key={name}>
          <div className={sections.sourceHead}>
            <code>{name}</code>
            <Text span size="sm" c="dimmed" className={sections.pushRight}>
              {bytes(size)}
              {scans !== null && `, ${plural(scans, 'scan')}`}
            </Text>
          </div>
          <Sql text={definition} label={`Definition of ${name}`} wrap />
        </li>
      ))}
    </ul>
  )
}
