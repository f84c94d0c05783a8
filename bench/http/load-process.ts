/** Whoever asks and listens, as a process of its own. Started by http.ts; does what it is told, one after the other. */
import { Listeners } from './listeners.js'
import { load } from './load.js'
import type { ListenOptions, LoadOptions } from './processes.js'

export type LoadMessage =
  | { readonly kind: 'load'; readonly options: LoadOptions }
  | { readonly kind: 'listen'; readonly options: ListenOptions }
  | { readonly kind: 'heard' }

const listeners = new Listeners()

process.on('message', async (message: LoadMessage) => {
  if (message.kind === 'load') process.send?.(await load(message.options))
  else if (message.kind === 'heard') process.send?.(await listeners.heard())
  else {
    await listeners.open(message.options)
    process.send?.('listening')
  }
})
process.once('SIGTERM', () => process.exit(0))
process.once('disconnect', () => process.exit(0))
process.send?.('ready')
