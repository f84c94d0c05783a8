import { builtinEnvironments, type Environment } from 'vitest/runtime'

/** What Node has itself stays Node's: happy-dom's own cannot be mixed with it, and servers run in the same process. */
const natives = [
  'fetch',
  'Request',
  'Response',
  'Headers',
  'FormData',
  'URL',
  'URLSearchParams',
  'AbortController',
  'AbortSignal',
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'TextDecoderStream',
  'Blob',
  'File',
] as const

export default {
  name: 'components',
  viteEnvironment: 'ssr',
  async setup(global, options) {
    const kept = natives.map((name) => [name, Object.getOwnPropertyDescriptor(global, name)] as const)
    const environment = await builtinEnvironments['happy-dom'].setup(global, options)
    for (const [name, descriptor] of kept) if (descriptor !== undefined) Object.defineProperty(global, name, descriptor)
    return environment
  },
} satisfies Environment
