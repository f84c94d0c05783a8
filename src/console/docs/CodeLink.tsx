import { Anchor } from '@mantine/core'
import { useDocumentation } from './Documentation.js'

/** A code, and behind it what the reference says about it. */
export function CodeLink({ code }: { readonly code: string }) {
  const open = useDocumentation()
  return (
    <Anchor component="button" type="button" ff="monospace" fz={13} onClick={() => open(code)} title="What this means">
      {code}
    </Anchor>
  )
}
