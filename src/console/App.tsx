import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, type ReactNode, useState } from 'react'
import { Route, Router, Switch, useLocation } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import { ActivityPage } from './activity/ActivityPage.js'
import { createQueryClient } from './api/queries.js'
import { DocumentationProvider } from './docs/Documentation.js'
import { LiveProvider } from './live/LiveProvider.js'
import { OverviewPage } from './overview/OverviewPage.js'
import { Part } from './parts/Part.js'
import { nameFrom } from './paths.js'
import { NotFound } from './shell/NotFound.js'
import { Shell } from './shell/Shell.js'
import { theme } from './theme.js'
import { ViewPage } from './view/ViewPage.js'

// The graph and its layout are as large as all the rest.
const LineagePage = lazy(() => import('./lineage/LineagePage.js'))

export function App() {
  const [client] = useState(createQueryClient)
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <LiveProvider>
          <Router hook={useHashLocation}>
            <DocumentationProvider>
              <Shell>
                <Pages>
                  <Switch>
                    <Route path="/" component={OverviewPage} />
                    <Route path="/views/:name/:tab?">
                      {({ name, tab }) => <ViewPage key={name} name={nameFrom(name)} tab={tab ?? 'definition'} />}
                    </Route>
                    <Route path="/lineage/:focus?">
                      {({ focus }) => <LineagePage focus={focus === undefined ? null : nameFrom(focus)} />}
                    </Route>
                    <Route path="/activity" component={ActivityPage} />
                    <Route component={NotFound} />
                  </Switch>
                </Pages>
              </Shell>
            </DocumentationProvider>
          </Router>
        </LiveProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}

/** One that broke is left by going to another. */
function Pages({ children }: { readonly children: ReactNode }) {
  const [location] = useLocation()
  const page = location.split('/').slice(0, 3).join('/')
  return <Part key={page}>{children}</Part>
}
