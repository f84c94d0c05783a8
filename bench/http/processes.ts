import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a server answers with, to be answered by another one in the same bytes. */
export interface Bytes {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export type ServerOptions =
  /** Ours, as `tidemark serve` has it. */
  | { readonly kind: 'tidemark'; readonly url: string; readonly cached: boolean }
  /** A Hono handler that answers the same each time. */
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  /** A Hono handler that sends a query with a parameter, and the rows as JSON. */
  | { readonly kind: 'query'; readonly url: string; readonly text: string }

/** Of the process since its start, and at this moment. */
export interface Usage {
  readonly cpuMs: number
  /** After garbage was collected, where it is to be settled. */
  readonly residentBytes: number
}

export interface LoadOptions {
  readonly port: number
  /** Taken in turns. */
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** Requests a second, whatever becomes of them. Without it, each connection asks again when it is answered. */
  readonly rate?: number
}

export interface Loaded {
  readonly answered: number
  readonly seconds: number
  /** Answers of another status than 200, and connections that ended. */
  readonly failed: number
  /** Milliseconds, at percentiles: from the moment that a request was due. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface ListenOptions {
  readonly port: number
  readonly clients: number
}

/** For whoever wants to look into the server that is measured: `--cpu-prof`, say. */
function ownOptions(): string[] {
  return process.env.BENCH_NODE_OPTIONS?.split(' ') ?? []
}

/** A process that answers one message after the other. */
export class Helper {
  private constructor(private readonly child: ChildProcess) {}

  static async start(file: 'server' | 'load', options?: ServerOptions): Promise<readonly [Helper, unknown]> {
    const name = file === 'server' ? 'server-process.js' : 'load-process.ts'
    const path = fileURLToPath(new URL(`./${name}`, import.meta.url))
    const child = fork(path, options === undefined ? [] : [JSON.stringify(options)], {
      execArgv: file === 'server' ? ['--expose-gc', ...ownOptions()] : ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const helper = new Helper(child)
    return [helper, await helper.#answer()]
  }

  async ask<Answer>(message: object): Promise<Answer> {
    const answer = this.#answer()
    this.child.send(message)
    return (await answer) as Answer
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await gone
  }

  async #answer(): Promise<unknown> {
    const ended = new AbortController()
    const answered = once(this.child, 'message', { signal: ended.signal })
    const gone = once(this.child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('a process of the benchmark ended')
    })
    try {
      const [answer] = (await Promise.race([answered, gone])) as unknown[]
      return answer
    } finally {
      ended.abort()
      for (const waited of [answered, gone]) waited.catch(() => undefined)
    }
  }
}
