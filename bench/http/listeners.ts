import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListenOptions } from './processes.js'

/** Clients that hear events, each on a connection of its own. */
export class Listeners {
  readonly #sockets: Socket[] = []
  #begun = 0
  #heard: number[] = []

  async open({ port, clients }: ListenOptions): Promise<void> {
    for (let count = 0; count < clients; count++) this.#sockets.push(this.#listen(port))
    while (this.#begun < clients) await delay(20)
  }

  /** When each of them heard of a refresh, by the clock, once all have; fewer after some seconds. */
  async heard(): Promise<readonly number[]> {
    const deadline = Date.now() + 15_000
    while (this.#heard.length < this.#sockets.length && Date.now() < deadline) await delay(5)
    const heard = this.#heard
    this.#heard = []
    return heard
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(port: number): Socket {
    const socket = connect(port, '127.0.0.1')
    let begun = false
    socket.setEncoding('utf8').on('data', (text: string | Buffer) => {
      const said = String(text)
      if (!begun && said.includes('id: ')) {
        begun = true
        this.#begun++
      }
      if (said.includes('event: refreshed')) this.#heard.push(Date.now())
    })
    socket.on('error', () => undefined)
    socket.write(`GET /api/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n\r\n`)
    return socket
  }
}
