import { Hono } from 'hono'
import { handler } from './handler.js'

export const app = new Hono()

app.all('/data/*', (c) => handler.fetch(c.req.raw, c.env))
