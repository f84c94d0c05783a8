import type { ChildProcess } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for the end of a child; false when it did not come in time. */
export async function waitForExit(child: ChildProcess, milliseconds: number): Promise<boolean> {
  if (hasExited(child)) return true
  child.ref() // Otherwise a program with nothing else to do would end in the middle of this.
  return await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Sends a signal to a process that may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The processes whose parent is `pid`, as far as the system tells (Linux does, through /proc). */
export async function childrenOf(pid: number): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => [])
  const parents = await Promise.all(entries.filter((name) => /^\d+$/.test(name)).map(readParent))
  return parents.filter((entry) => entry?.parent === pid).map((entry) => entry?.pid ?? 0)
}

/** Waits until these processes are gone or only wait to be reaped; false when some live on. */
export async function waitUntilDead(pids: readonly number[], milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds
  for (;;) {
    const stats = await Promise.all(pids.map((pid) => readParent(String(pid))))
    if (stats.every((entry) => entry === undefined || entry.state === 'Z')) return true
    if (Date.now() > deadline) return false
    await sleep(5)
  }
}

async function readParent(pid: string): Promise<{ pid: number; state: string; parent: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // "123 (name, may hold anything) S 1 …"
  const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  return state === undefined || parent === undefined ? undefined : { pid: Number(pid), state, parent: Number(parent) }
}
