import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { percentile } from '../kit/stats.js'
import type { Loaded, LoadOptions } from './processes.js'

/** One connection, which asks once at a time. */
class Client {
  readonly #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #dueAt = 0
  busy = false

  constructor(
    port: number,
    private readonly onAnswer: (client: Client, status: string, dueAt: number) => void,
    onEnd: (client: Client) => void,
  ) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', () => undefined)
    this.#socket.once('close', () => onEnd(this))
  }

  async connected(): Promise<void> {
    await once(this.#socket, 'connect')
  }

  ask(request: Buffer, dueAt: number): void {
    this.busy = true
    this.#dueAt = dueAt
    this.#socket.write(request)
  }

  end(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#rest.toString('latin1', 0, end)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length === undefined) throw new Error(`an answer without a length: ${head}`)
    if (this.#rest.length < end + 4 + Number(length)) return
    this.#rest = Buffer.alloc(0)
    this.busy = false
    this.onAnswer(this, head.slice(9, 12), this.#dueAt)
  }
}

/** An array would be moved by one for each that is taken from it, when there are thousands because the server is behind. */
class Queue {
  #items: number[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  add(item: number): void {
    this.#items.push(item)
  }

  take(): number | undefined {
    const item = this.#items[this.#first]
    if (item !== undefined) this.#first++
    if (this.length === 0) {
      this.#items = []
      this.#first = 0
    }
    return item
  }
}

/** Asks as fast as it is answered, or at a rate; for so many seconds, and then until all is answered. */
export async function load({ port, paths, connections, seconds, rate }: LoadOptions): Promise<Loaded> {
  const requests = paths.map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: application/json\r\n\r\n`),
  )
  const milliseconds: number[] = []
  const waiting = new Queue()
  let turn = 0
  let failed = 0
  const idle: Client[] = []
  const next = (client: Client, dueAt: number): void => client.ask(requests[turn++ % requests.length] as Buffer, dueAt)
  let stopAt = 0
  const onAnswer = (client: Client, status: string, dueAt: number): void => {
    const now = performance.now()
    milliseconds.push(now - dueAt)
    if (status !== '200') failed++
    const due = rate === undefined ? (now < stopAt ? now : undefined) : waiting.take()
    if (due === undefined) idle.push(client)
    else next(client, due)
  }
  const clients = Array.from({ length: connections }, () => new Client(port, onAnswer, () => failed++))
  await Promise.all(clients.map((client) => client.connected()))
  const started = performance.now()
  stopAt = started + seconds * 1000
  if (rate === undefined) for (const client of clients) next(client, performance.now())
  else {
    idle.push(...clients)
    await atRate(rate, started, stopAt, (dueAt) => {
      const client = idle.pop()
      if (client === undefined) waiting.add(dueAt)
      else next(client, dueAt)
    })
  }
  while (performance.now() < stopAt || waiting.length > 0 || clients.some(({ busy }) => busy)) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const took = (performance.now() - started) / 1000
  const found = failed
  for (const client of clients) client.end()
  const at = (part: number): number => percentile(milliseconds, part)
  return { answered: milliseconds.length, seconds: took, failed: found, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** A timer sleeps for a millisecond at least. Where more than so many are due in one, they would come all at once. */
const mostAtOnce = 5

/** Requests are due evenly, and what they are late by counts against the server. */
async function atRate(rate: number, startedAt: number, stopAt: number, due: (at: number) => void): Promise<void> {
  for (let count = 0; ; ) {
    const now = performance.now()
    for (; startedAt + (count * 1000) / rate <= now; count++) {
      const at = startedAt + (count * 1000) / rate
      if (at >= stopAt) return
      due(at)
    }
    await new Promise((resolve) => (rate > mostAtOnce * 1000 ? setImmediate(resolve) : setTimeout(resolve, 0)))
  }
}
