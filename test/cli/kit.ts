import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { z } from 'zod'
import { errorCodes } from '../../src/protocol/errors.js'

const running = new Set<ChildProcess>()
const made: string[] = []

// A test that gave up waiting must not leave its command behind.
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })))
})

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The build, where it is one of the sources as they are: it starts in a third of the time. */
const command = isBuilt()
  ? [join(root, 'dist/cli/main.js')]
  : ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')]

function isBuilt(): boolean {
  // The console is built into other files than these, and is not what starts.
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.(ts|sql)$/.test(path) && !path.endsWith('.test.ts') && !path.startsWith(join('console', '/')),
  )
  const changed = (path: string): number => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const newest = Math.max(...sources.map((path) => changed(join('src', path))))
  return sources.every((path) => changed(join('dist', path.replace(/\.ts$/, '.js'))) >= newest)
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  /** Of the database, as DATABASE_URL. */
  readonly url?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the real command line in a process of its own. */
export function start(args: readonly string[], { cwd, url, env = {} }: RunOptions) {
  const { DATABASE_URL: _, TIDEMARK_DATABASE_URL: __, FORCE_COLOR: ___, ...inherited } = process.env
  const child = spawn(process.execPath, [...command, ...args], {
    cwd,
    env: { ...inherited, ...(url === undefined ? {} : { DATABASE_URL: url }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.on('close', () => running.delete(child))
  return child
}

/** What a command has printed so far. */
export function collect(child: ReturnType<typeof start>): { stdout: string; stderr: string } {
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
    })
  }
  return printed
}

export async function tidemark(args: readonly string[], options: RunOptions): Promise<Ended> {
  const child = start(args, options)
  const printed = collect(child)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { code, ...printed }
}

/** Runs a command that has to end with 0. */
export async function done(args: readonly string[], options: RunOptions): Promise<Ended> {
  const ended = await tidemark(args, options)
  if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`)
  return ended
}

/** The one JSON document that a command printed, in its shape. */
export async function json<Shape extends z.ZodType>(
  shape: Shape,
  args: readonly string[],
  options: RunOptions,
): Promise<Ended & { value: z.infer<Shape> }> {
  const ended = await tidemark([...args, '--json'], options)
  return { ...ended, value: shape.parse(JSON.parse(ended.stdout)) }
}

/** The error that a command printed with --json. It is told to people as well, and never with a stack. */
export async function failure(args: readonly string[], options: RunOptions) {
  const ended = await json(shapes.error, args, options)
  if (ended.code !== 2) throw new Error(`exit code ${ended.code}, not 2: ${ended.stdout}`)
  if (!ended.stderr.includes(ended.value.error.code)) throw new Error(`not told on standard error: ${ended.stderr}`)
  if (/^\s+at .*[:(]/m.test(ended.stderr)) throw new Error(`a stack: ${ended.stderr}`)
  return { ...ended.value.error, stderr: ended.stderr }
}

/** A directory with these files in it, removed after the tests of the file. */
export async function directory(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-cli-'))
  made.push(path)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), text)
  }
  return path
}

/** A directory with a configuration of these views, given as the arguments of view(). */
export function project(views: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const text = `import { defineConfig, view } from 'tidemark'\nexport default defineConfig({ views: [${views}] })\n`
  return directory({ 'tidemark.config.ts': text, ...files })
}

const count = z.number().int().nonnegative()
const time = z.iso.datetime()
const maintenance = z.enum(['slice', 'delta', 'full'])
const line = z.number().int().min(1)
const range = z.strictObject({
  file: z.string().optional(),
  line,
  column: line,
  endLine: line,
  endColumn: line,
  start: count,
  end: count,
})
const errorBody = z.object({
  code: z.enum(Object.keys(errorCodes) as [string, ...string[]]),
  message: z.string().min(1),
  hint: z.string().min(1).optional(),
  view: z.string().optional(),
  position: z.object({ file: z.string().optional(), line, column: line }).optional(),
})
const changes = z.array(
  z.strictObject({ action: z.string(), object: z.string(), detail: z.string(), destructive: z.boolean() }),
)

const warnings = z
  .array(z.strictObject({ view: z.string(), code: z.string(), message: z.string(), position: range.optional() }))
  .min(1)

const explanations = z.array(
  z.strictObject({
    view: z.string(),
    incremental: z.boolean(),
    key: z.array(z.string()),
    nodes: z.array(z.strictObject({ id: z.string(), kind: maintenance, key: z.array(z.string()) })).min(1),
    sources: z.array(
      z.strictObject({
        table: z.string(),
        maintenance,
        key: z.array(z.string()).optional(),
        code: z.string().optional(),
        reason: z.string().optional(),
        hint: z.string().min(1).optional(),
        position: range.optional(),
      }),
    ),
    advice: z.array(
      z.strictObject({
        code: z.string(),
        message: z.string(),
        sql: z.string().optional(),
        severity: z.literal('warning').optional(),
        position: range.optional(),
      }),
    ),
  }),
)

/** What --json prints. */
export const shapes = {
  error: z.strictObject({ error: z.strictObject(errorBody.shape) }),
  init: z.strictObject({ files: z.array(z.string()) }),
  generate: z.strictObject({ file: z.string(), views: count, upToDate: z.boolean(), written: z.boolean() }),
  plan: z.strictObject({ changes, warnings: warnings.optional() }),
  strictPlan: z.strictObject({
    changes,
    warnings: warnings.optional(),
    rejections: z.array(
      z.strictObject({
        view: z.string(),
        table: z.string().nullable(),
        code: z.string().nullable(),
        reason: z.string().nullable(),
      }),
    ),
  }),
  apply: z.strictObject({
    changes,
    views: z.array(z.strictObject({ view: z.string(), rows: count, buildMs: z.number() })),
  }),
  explain: explanations,
  partlyExplained: z.strictObject({
    error: errorBody.extend({ problems: z.array(errorBody).optional() }),
    explained: explanations,
    waiting: z.array(z.strictObject({ view: z.string(), for: z.string() })),
  }),
  refresh: z.array(
    z.strictObject({
      view: z.string(),
      mode: z.enum(['incremental', 'full', 'noop', 'skipped', 'failed']),
      slices: count.nullable(),
      inserted: count.nullable(),
      updated: count.nullable(),
      deleted: count.nullable(),
      durationMs: z.number().nonnegative(),
      asOf: time.nullable(),
      error: errorBody.optional(),
    }),
  ),
  status: z.array(
    z.strictObject({
      view: z.string(),
      state: z.enum(['building', 'ready', 'error', 'quarantined', 'paused']),
      asOf: time.nullable(),
      stalenessSeconds: z.number().nullable(),
      pendingChanges: count.nullable(),
      morePending: z.boolean(),
      rows: count.nullable(),
      lastRun: time.nullable(),
      lastError: errorBody.nullable(),
      warnings: z.array(z.strictObject({ code: z.string(), message: z.string(), hint: z.string() })),
    }),
  ),
  verify: z.array(
    z.strictObject({
      view: z.string(),
      missing: count.nullable(),
      unexpected: count.nullable(),
      checkedAt: time,
      error: errorBody.optional(),
    }),
  ),
}
