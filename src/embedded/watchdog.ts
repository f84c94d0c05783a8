import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

/**
 * Ends the server and removes its files when this process is gone, however it went: `kill -9` and Ctrl-C in the middle
 * of a start leave no chance to any handler of our own. A shell waits at the end of a pipe that only we hold open.
 */
export interface Watchdog {
  /** Process to end; undefined while none runs. */
  guard(pid: number | undefined): void
  /** Nothing is left to guard. */
  release(): void
}

const script = `
trap '' HUP INT QUIT TERM
pid=0
while read -r line; do pid=$line; done
if [ "$pid" -gt 0 ]; then
  kill -QUIT "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$pid"
fi
rm -rf "$1"
`

/** Watches over `directory`, which is removed with everything in it. */
export function startWatchdog(directory: string): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'tidemark-watchdog', directory], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const pipe = shell.stdin
  shell.unref()
  if (pipe instanceof Socket) pipe.unref()
  pipe.on('error', () => {}) // The shell was killed: then nobody watches, and nothing here depends on it.
  return {
    guard: (pid) => void pipe.write(`${pid ?? 0}\n`),
    release: () => void pipe.end('0\n'),
  }
}
