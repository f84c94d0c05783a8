import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { collect, start } from './kit.js'

/** `serve`, or `dev`, as a process that has begun to serve. */
export async function startServer(
  args: readonly string[],
  options: Parameters<typeof start>[1],
  command: 'serve' | 'dev' = 'serve',
) {
  const child = start([command, '--json', ...args], options)
  const printed = collect(child)
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({ code, signal }))
  const lines = () =>
    printed.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { message: string; url?: string })
  await until(() => lines().some(({ message }) => message === 'serving'), 'it serves')
  const url = lines().find(({ message }) => message === 'serving')?.url ?? ''
  return { child, ended, url, lines, stderr: () => printed.stderr }
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 60 s: ${what}`)
    await sleep(50)
  }
}
