import type { Terminal } from '../terminal.js'

interface Served {
  /** Without a path of its own. */
  readonly url: string
  readonly console: string | null
  /** Made for this run; null where the configuration says who may do what. */
  readonly token: string | null
}

/** What can be opened now, for whoever sits there; not for who reads log lines, unless there is a token to tell. */
export function announce({ url, console, token }: Served, terminal: Terminal): void {
  if (terminal.json && token === null) return
  const { bold, cyan, dim } = terminal.errorColours
  const line = (name: string, value: string) => terminal.note(`  ${bold(name.padEnd(9))}${value}`)
  terminal.note('')
  if (console !== null) line('Console', cyan(token === null ? console : `${console}#token=${token}`))
  line('Rows', `${url}/rest/v1/${dim('<view>')}`)
  if (token !== null) {
    line('Token', token)
    terminal.note(
      dim('           It allows everything, until this ends: http.access in the configuration names nobody yet.'),
    )
  }
  terminal.note('')
}
