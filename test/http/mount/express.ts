import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { handler } from './handler.js'

export const app = express()

app.all(/^\/data\//, getRequestListener(handler.fetch, { overrideGlobalObjects: false }))
app.use(express.json())
