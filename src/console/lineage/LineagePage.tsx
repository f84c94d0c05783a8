import { Button, Select, Skeleton, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import type { Lineage } from '../../protocol/api.js'
import { useLineage, useViews } from '../api/queries.js'
import { plural } from '../format/number.js'
import { Failure } from '../parts/Failure.js'
import { NoViews } from '../parts/NoViews.js'
import { paths } from '../paths.js'
import { PageTitle } from '../shell/PageTitle.js'
import { Graph } from './Graph.js'
import { Legend } from './Legend.js'
import { around } from './layout.js'
import classes from './lineage.module.css'

export default function LineagePage({ focus }: { readonly focus: string | null }) {
  const lineage = useLineage()
  const views = useViews()
  if (lineage.error !== null) {
    return (
      <>
        <PageTitle title="Lineage" />
        <Failure error={lineage.error} retry={() => void lineage.refetch()} />
      </>
    )
  }
  if (lineage.data === undefined) return <Skeleton height={500} aria-label="Loading" />
  if (lineage.data.nodes.length === 0) {
    return (
      <>
        <PageTitle title="Lineage" />
        <NoViews isPage={false} />
      </>
    )
  }
  return <LineageView lineage={lineage.data} focus={focus} views={views.data ?? []} />
}

interface LineageViewProps {
  readonly lineage: Lineage
  readonly focus: string | null
  readonly views: NonNullable<ReturnType<typeof useViews>['data']>
}

function LineageView({ lineage, focus, views }: LineageViewProps) {
  const [, navigate] = useLocation()
  const narrow = useMediaQuery('(max-width: 760px)', undefined, { getInitialValueInEffect: false })
  // About what the graph is given: it fills the window below the title.
  const aspect = Math.min(window.innerWidth, 1272) / Math.max(440, window.innerHeight - 280)
  const shown = focus === null ? lineage : around(lineage, focus)
  const names = lineage.nodes.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en'))
  const tables = shown.nodes.filter(({ kind }) => kind === 'table').length
  return (
    <div className={classes.page}>
      <PageTitle title="Lineage">
        <div className={classes.tools}>
          <Text size="sm" c="dimmed">
            {plural(tables, 'table')}, {plural(shown.nodes.length - tables, 'view')}
          </Text>
          <Select
            data-search
            className={classes.chooser}
            aria-label="Only what belongs to"
            placeholder="Everything; or what belongs to …"
            leftSection={<IconSearch size={16} aria-hidden />}
            searchable
            value={focus}
            data={names}
            limit={50}
            maxDropdownHeight={400}
            nothingFoundMessage="No table or view has such a name"
            onChange={(name) => navigate(name === null ? paths.lineage : paths.lineageOf(name))}
          />
          {focus !== null && (
            <Button variant="default" onClick={() => navigate(paths.lineage)}>
              Show everything
            </Button>
          )}
        </div>
      </PageTitle>
      <div className={`surface ${classes.canvas}`}>
        <div>
          <Graph
            // Fitted anew to what is shown.
            key={`${focus} ${narrow}`}
            lineage={shown}
            views={views}
            focus={focus}
            narrow={narrow}
            aspect={aspect}
          />
        </div>
      </div>
      <Legend />
    </div>
  )
}
