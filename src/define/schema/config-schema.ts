import { z } from 'zod'
import type { Alert } from '../../protocol/alert.js'
import type { AlertChannelOptions } from '../options.js'
import type { AlertChannels, Webhook } from '../types.js'
import { byKind, field, strict } from './combinators.js'
import { databaseUrl, duration, timeZone, webAddress } from './fields.js'
import { httpSchema } from './http-schema.js'
import { defaultsSchema, viewSchema } from './view-schema.js'
import { show } from './wording.js'

export const workerShape = {
  concurrency: z.int().min(1).max(100).optional(),
  pollInterval: duration(100).optional(),
  listen: z.boolean().optional(),
  shutdownTimeout: duration(0).optional(),
  name: z.string().min(1).max(200).optional(),
}

export const webhookShape = {
  url: webAddress,
  headers: z.record(z.string(), z.string()).optional(),
  timeout: duration(1).optional(),
}

const defaultWebhookTimeoutMs = 10_000

const webhookObject = strict(webhookShape).transform(
  ({ url, headers, timeout }): Webhook => ({
    url,
    headers: headers ?? {},
    timeoutMs: timeout ?? defaultWebhookTimeoutMs,
  }),
)

const webhookUrl = webAddress.transform((url): Webhook => ({ url, headers: {}, timeoutMs: defaultWebhookTimeoutMs }))

const webhook = { string: webhookUrl, object: webhookObject }

const webhooks = byKind('an address, { url }, or a list of these', {
  string: webhookUrl.transform((one): readonly Webhook[] => [one]),
  object: webhookObject.transform((one): readonly Webhook[] => [one]),
  array: z.array(byKind('an address, or { url }', webhook)).readonly(),
})

const hook: z.ZodType<(alert: Alert) => unknown, (alert: Alert) => unknown> = field((value, fail) => {
  if (typeof value === 'function') return value as (alert: Alert) => unknown
  fail(`expected a function, got ${show(value)}`)
  return undefined
})

export const channelShape = {
  log: z.boolean().optional(),
  webhook: webhooks.optional(),
  onAlert: hook.optional(),
}

const channels: z.ZodType<AlertChannels, AlertChannelOptions> = strict(channelShape).transform((options) => ({
  log: options.log ?? true,
  webhooks: options.webhook ?? [],
  onAlert: options.onAlert ?? null,
}))

export const configShape = {
  database: databaseUrl.optional(),
  views: z.array(viewSchema).readonly(),
  defaults: defaultsSchema.optional(),
  worker: strict(workerShape).optional(),
  alerts: channels.optional(),
  http: httpSchema.optional(),
  timeZone: timeZone.optional(),
}

export const configSchema = strict(configShape)

export type ParsedConfig = z.output<typeof configSchema>
