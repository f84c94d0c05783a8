import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { handler } from './handler.js'

export const server = createServer(getRequestListener(handler.fetch, { overrideGlobalObjects: false }))
