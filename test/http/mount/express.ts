import express from 'express'
import { nodeListener } from 'tidemark/http/node'
import { handler } from './handler.js'

export const app = express()

app.all(/^\/data\//, nodeListener(handler))
app.use(express.json())
