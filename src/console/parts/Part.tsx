import { Button, Loader, Text } from '@mantine/core'
import { IconPuzzleOff } from '@tabler/icons-react'
import { Component, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { useLive } from '../live/LiveProvider.js'
import { Notice } from './Notice.js'

/** A part of the page that may be loaded only now. Where it cannot be, or breaks, the rest of the page stays. */
export function Part({ children }: { readonly children: ReactNode }) {
  return (
    <Boundary>
      <Suspense fallback={<Loader m="xl" aria-label="Loading" />}>{children}</Suspense>
    </Boundary>
  )
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override state = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <Broken error={this.state.error} />
  }
}

/** What a browser could not load once, it may not try again: the whole page is loaded anew when the server is back. */
function Broken({ error }: { readonly error: Error }) {
  const { state } = useLive()
  const before = useRef(state)
  useEffect(() => {
    if (before.current !== 'live' && state === 'live') window.location.reload()
    before.current = state
  }, [state])
  return (
    <Notice icon={IconPuzzleOff} title="This part of the page could not be shown">
      <Text>
        It is loaded when it is wanted first. The server may be away, or another version than when this page was opened.
      </Text>
      <Text c="dimmed" size="sm">
        {error.message}
      </Text>
      <Button variant="default" onClick={() => window.location.reload()}>
        Load the page again
      </Button>
    </Notice>
  )
}
