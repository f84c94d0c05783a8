import type { Terminal } from './terminal.js'

/**
 * Ends with the first Ctrl-C or SIGTERM, so that work in flight can be undone or finished. The second one ends the
 * process at once.
 */
export function interruption(terminal: Terminal, said = 'Stopping … (once more to stop at once)'): AbortSignal {
  const controller = new AbortController()
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code)
      terminal.note(said)
      controller.abort()
    })
  }
  return controller.signal
}
