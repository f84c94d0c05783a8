import { getRequestListener } from '@hono/node-server'
import Fastify from 'fastify'
import { handler } from './handler.js'

const listener = getRequestListener(handler.fetch, { overrideGlobalObjects: false })

export const fastify = Fastify()

fastify.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/data/*', (request, reply) => {
    reply.hijack()
    return listener(request.raw, reply.raw)
  })
})
