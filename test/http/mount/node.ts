import { createServer } from 'node:http'
import { nodeListener } from 'tidemark/http/node'
import { handler } from './handler.js'

export const server = createServer(nodeListener(handler))
