import './register.js'
import './styles/page.css'
import './styles/submit.css'
import './styles/panel.css'
import './styles/leaderboard.css'
import './styles/lanes.css'
import './styles/patterns.css'
import './styles/widths.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { TidemarkProvider } from 'tidemark/react'
import { Arena } from './Arena.js'
import { Platform, PlatformContext } from './platform.js'
import { takeToken } from './token.js'

const token = takeToken()
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

createRoot(root).render(
  <StrictMode>
    {token === null ? (
      <main className="alone">
        <h1>Arena</h1>
        <p>
          Open the address that the terminal prints: the one that ends with <code>#token=…</code>
        </p>
      </main>
    ) : (
      <QueryClientProvider client={new QueryClient()}>
        <PlatformContext value={new Platform('..', token)}>
          {/* All the views of this page are told of by one connection. */}
          <TidemarkProvider url=".." token={token}>
            <Arena token={token} />
          </TidemarkProvider>
        </PlatformContext>
      </QueryClientProvider>
    )}
  </StrictMode>,
)
