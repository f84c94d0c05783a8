import { Text } from '@mantine/core'
import { serverNow } from '../api/client.js'
import { clockTime, relative } from '../format/time.js'
import { useNow } from '../live/useNow.js'

/** How long ago something was, ticking. */
export function Ago({ time }: { readonly time: string | null }) {
  useNow()
  if (time === null) return <Text span>never</Text>
  return (
    <time dateTime={time} title={clockTime(time, serverNow())}>
      {relative(time, serverNow())}
    </time>
  )
}
