import { SegmentedControl, Text, Title } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { KnownDetail } from '../api/queries.js'
import { CopyButton } from '../parts/CopyButton.js'
import { Sql } from '../parts/Sql.js'
import { dedented } from '../parts/sqlTokens.js'
import { paths } from '../paths.js'
import { Maintenance } from './Maintenance.js'
import { Settings } from './Settings.js'
import classes from './sections.module.css'

/** Longer lines than this were not laid out by a person. */
const longLine = 140

export function DefinitionTab({ view }: { readonly view: KnownDetail }) {
  return (
    <div className={classes.columns}>
      <div className={classes.column}>
        <Query text={view.definition} />
        <Columns view={view} />
      </div>
      <div className={classes.column}>
        <Maintenance view={view} />
        <Settings view={view} />
        <Neighbours view={view} />
      </div>
    </div>
  )
}

function Query({ text }: { readonly text: string }) {
  const written = dedented(text)
  const [layout, setLayout] = useState(
    written.split('\n').some((line) => line.length > longLine) ? 'formatted' : 'written',
  )
  const formatted = useFormatted(written, layout === 'formatted')
  const shown = layout === 'formatted' ? (formatted ?? written) : written
  return (
    <section aria-labelledby="query">
      <div className={classes.sectionHead}>
        <Title order={2} id="query">
          Query
        </Title>
        <div className={classes.sectionTools}>
          <SegmentedControl
            size="xs"
            aria-label="Layout"
            value={layout}
            onChange={setLayout}
            data={[
              { value: 'written', label: 'As written' },
              { value: 'formatted', label: 'Formatted' },
            ]}
          />
          <CopyButton text={shown} />
        </div>
      </div>
      <Sql text={shown} label="Query" wrap={!shown.includes('\n')} />
    </section>
  )
}

/** Laid out anew; the formatter is only loaded when it is wanted. What it does not understand stays as it is. */
function useFormatted(text: string, wanted: boolean): string | undefined {
  const [formatted, setFormatted] = useState<string>()
  useEffect(() => {
    if (!wanted) return
    let current = true
    import('./formatSql.js')
      .then(({ formatSql }) => formatSql(text))
      .catch(() => text)
      .then((result) => {
        if (current) setFormatted(result)
      })
    return () => {
      current = false
    }
  }, [text, wanted])
  return formatted
}

function Columns({ view }: { readonly view: KnownDetail }) {
  const key = new Set(view.key)
  return (
    <section aria-labelledby="columns">
      <div className={classes.sectionHead}>
        <Title order={2} id="columns">
          Columns
        </Title>
      </div>
      <ul className={`surface ${classes.list}`}>
        {view.columns.map(({ name, type, nullable }) => (
          <li key={name}>
            <code>{name}</code>
            {key.has(name) && (
              <span className={classes.tag} title="Part of the key, which tells the rows apart">
                key
              </span>
            )}
            <Text span size="sm" c="dimmed" ml="auto" ta="right">
              {type}
              {nullable ? '' : ', not null'}
            </Text>
          </li>
        ))}
      </ul>
      {view.key.length === 0 && (
        <Text size="sm" c="dimmed" mt={6}>
          It has no key: there is one row.
        </Text>
      )}
    </section>
  )
}

function Neighbours({ view }: { readonly view: KnownDetail }) {
  return (
    <section aria-labelledby="neighbours">
      <div className={classes.sectionHead}>
        <Title order={2} id="neighbours">
          Reads, and is read by
        </Title>
        <Link href={paths.lineageOf(view.view)} className={classes.link}>
          Show in the graph
        </Link>
      </div>
      <dl className={`surface ${classes.facts}`}>
        <dt>Reads</dt>
        <dd>
          {view.reads.length === 0 && 'no table'}
          {view.reads.map(({ name, kind }) =>
            kind === 'view' ? <ViewLink key={name} name={name} /> : <code key={name}>{name}</code>,
          )}
        </dd>
        <dt>Read by</dt>
        <dd>
          {view.readBy.length === 0 ? 'no other view' : view.readBy.map((name) => <ViewLink key={name} name={name} />)}
        </dd>
      </dl>
    </section>
  )
}

function ViewLink({ name }: { readonly name: string }) {
  return (
    <Link href={paths.view(name)} className={classes.link}>
      {name}
    </Link>
  )
}
