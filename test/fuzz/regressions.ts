import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Case } from './case.js'
import type { Finding } from './run/finding.js'

/** What was found and mended: it is run before anything new. */
export const regressionsFolder = fileURLToPath(new URL('../oracle/regressions', import.meta.url))

export async function readCase(path: string): Promise<Case> {
  return JSON.parse(await readFile(path, 'utf8')) as Case
}

export async function readRegressions(): Promise<{ name: string; case: Case }[]> {
  const files = (await readdir(regressionsFolder)).filter((file) => file.endsWith('.json')).sort()
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace('.json', ''),
      case: await readCase(join(regressionsFolder, file)),
    })),
  )
}

/** Writes a case as it can be committed, without what only the summary wanted. */
export async function saveCase(folder: string, name: string, made: Case, finding: Finding): Promise<string> {
  const { schema, data, rounds } = made
  const views = made.views.map(({ tags: _, ...view }) => view)
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.json`)
  const was = `${finding.view}: ${finding.detail}`
  await writeFile(path, `${JSON.stringify({ was, schema, data, views, rounds }, null, 2)}\n`)
  return path
}

export function describeCase({ schema, data, views, rounds }: Case): string {
  const lines = [
    ...schema,
    ...data,
    ...views.map(({ name, query }) => `-- ${name}: ${query}`),
    ...rounds.flatMap(({ steps, mode }) => [
      ...steps.map(({ session, sql }) => `/* ${session} */ ${sql}`),
      `-- refresh, ${mode}`,
    ]),
  ]
  return lines.map((line) => (line.startsWith('--') ? line : `${line};`)).join('\n')
}
