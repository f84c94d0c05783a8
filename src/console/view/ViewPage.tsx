import { Anchor, Skeleton, Stack, Tabs, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { IconChevronRight, IconTableOff } from '@tabler/icons-react'
import { lazy } from 'react'
import { Link, useLocation } from 'wouter'
import { TidemarkRequestError } from '../../react/requestError.js'
import { serverNow } from '../api/client.js'
import { type KnownDetail, useOperation, useView } from '../api/queries.js'
import { assess } from '../health/assess.js'
import { useNow } from '../live/useNow.js'
import { ConditionBadge } from '../parts/ConditionBadge.js'
import { Failure } from '../parts/Failure.js'
import { Notice } from '../parts/Notice.js'
import { Part } from '../parts/Part.js'
import { paths } from '../paths.js'
import { Actions } from './Actions.js'
import { DefinitionTab } from './DefinitionTab.js'
import { Figures } from './Figures.js'
import { OperationOutcome } from './OperationOutcome.js'
import classes from './page.module.css'
import { RowsTab } from './RowsTab.js'
import { StorageTab } from './StorageTab.js'
import { Trouble } from './Trouble.js'

// Charts are large, and most visits do not look at them.
const HistoryTab = lazy(() => import('./HistoryTab.js'))

const tabs = [
  ['definition', 'Definition'],
  ['history', 'History'],
  ['rows', 'Rows'],
  ['storage', 'Storage'],
] as const

export function ViewPage({ name, tab }: { readonly name: string; readonly tab: string }) {
  const view = useView(name)
  useDocumentTitle(`${name} · Tidemark`)
  if (view.data !== undefined) return <View view={view.data} tab={tab} />
  if (view.error instanceof TidemarkRequestError && view.error.status === 404) return <NoSuchView name={name} />
  if (view.error !== null) return <Failure error={view.error} retry={() => void view.refetch()} isPage />
  return (
    <Stack aria-busy="true" aria-label="Loading">
      <Skeleton height={36} width={360} />
      <Skeleton height={110} />
      <Skeleton height={420} />
    </Stack>
  )
}

function View({ view, tab }: { readonly view: KnownDetail; readonly tab: string }) {
  const [, navigate] = useLocation()
  const operation = useOperation(view.view)
  const now = useNow()
  const assessment = assess({ ...view }, now)
  return (
    <>
      <nav aria-label="Where this is" className={classes.trail}>
        <Anchor component={Link} href={paths.overview} size="sm">
          Overview
        </Anchor>
        <IconChevronRight size={14} aria-hidden />
        <Text span size="sm" c="dimmed">
          {view.view}
        </Text>
      </nav>
      <div className={classes.head}>
        <div className={classes.name}>
          <Title order={1}>{view.view}</Title>
          <ConditionBadge condition={assessment.condition} label={assessment.label} />
        </div>
        <Actions view={view} operation={operation} />
        {view.description !== null && (
          <Text c="dimmed" className={classes.description}>
            {view.description}
          </Text>
        )}
      </div>
      <OperationOutcome
        result={operation.data}
        error={operation.error}
        running={operation.isPending ? operation.variables : undefined}
        onClose={operation.reset}
      />
      <Trouble view={view} assessment={assess(view, serverNow())} />
      <Figures view={view} />
      <Tabs
        value={tab}
        onChange={(value) => value !== null && navigate(paths.view(view.view, value), { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="lg" className={classes.tabs}>
          {tabs.map(([value, label]) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="definition">
          <DefinitionTab view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <Part>
            <HistoryTab view={view} />
          </Part>
        </Tabs.Panel>
        <Tabs.Panel value="rows">
          <RowsTab view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="storage">
          <StorageTab view={view} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function NoSuchView({ name }: { readonly name: string }) {
  return (
    <Notice icon={IconTableOff} title={`There is no view “${name}”`} isPage>
      <Text>It is not deployed: dropped, renamed, or still in a configuration that was not applied.</Text>
      <Anchor component={Link} href={paths.overview}>
        All views
      </Anchor>
    </Notice>
  )
}
