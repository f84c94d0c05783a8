import { serve } from '@hono/node-server'

export interface Listening {
  /** Where the console is. */
  readonly address: string
  close(): Promise<void>
}

/** Serves on a port that is free, to this machine alone. */
export async function listenLocally(fetch: (request: Request) => Response | Promise<Response>): Promise<Listening> {
  return await new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      resolve({
        address: `http://127.0.0.1:${port}/console/`,
        close: () => new Promise((closed) => server.close(() => closed())),
      })
    })
  })
}
