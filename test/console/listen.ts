import { serve } from '@hono/node-server'
import { consoleFile } from './consoleFile.js'

export interface Listening {
  /** Where the console is. */
  readonly address: string
  close(): Promise<void>
}

/** Serves the built console beside an API, on a port that is free, to this machine alone. */
export async function listenLocally(api: (request: Request) => Promise<Response>): Promise<Listening> {
  const fetch = (request: Request): Promise<Response> => {
    const [, area, ...path] = new URL(request.url).pathname.split('/')
    return area === 'console' ? consoleFile(path.join('/')) : api(request)
  }
  return await new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      resolve({
        address: `http://127.0.0.1:${port}/console/`,
        close: () => new Promise((closed) => server.close(() => closed())),
      })
    })
  })
}
