import Fastify from 'fastify'
import { nodeListener } from 'tidemark/http/node'
import { handler } from './handler.js'

const listener = nodeListener(handler)

export const fastify = Fastify()

fastify.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/data/*', (request, reply) => {
    reply.hijack()
    listener(request.raw, reply.raw)
  })
})
