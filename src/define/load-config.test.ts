import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TidemarkError } from '../protocol/errors.js'
import { loadConfig } from './load-config.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-config-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(path: string, content: string | Buffer): string {
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

/** A configuration whose only view has this query. */
function config(query: string): string {
  return `
    import { defineConfig, view, type ConfigOptions } from 'tidemark'
    const config: ConfigOptions = { views: [view('mv', { query: ${JSON.stringify(query)} })] }
    export default defineConfig(config)`
}

async function refused(path?: string): Promise<TidemarkError> {
  return loadConfig(path, directory).then(
    () => Promise.reject(new Error('the configuration was accepted')),
    (error: TidemarkError) => error,
  )
}

describe('finding the file', () => {
  test('the nearest one above, in the order ts, mts, js, mjs', async () => {
    write('tidemark.config.mjs', 'export default { views: 1 }')
    const file = write('tidemark.config.ts', config('select 1'))
    mkdirSync(join(directory, 'a/b'), { recursive: true })
    expect(await loadConfig(undefined, join(directory, 'a/b'))).toMatchObject({ path: file, views: [{ name: 'mv' }] })
  })

  test.each(['tidemark.config.mts', 'tidemark.config.js', 'tidemark.config.mjs'])('%s', async (name) => {
    const js = "import { view } from 'tidemark'; export default { views: [view('mv', { query: 'select 1' })] }"
    const file = write(name, js)
    expect(await loadConfig(undefined, directory)).toMatchObject({ path: file, views: [{ query: 'select 1' }] })
  })

  test('one that is named, or the one in a directory that is named', async () => {
    const file = write('deep/other.ts', config('select 1'))
    expect((await loadConfig('deep/other.ts', directory)).path).toBe(file)
    expect((await loadConfig(file, '/')).path).toBe(file)
    const inDirectory = write('deep/tidemark.config.ts', config('select 1'))
    expect((await loadConfig('deep', directory)).path).toBe(inDirectory)
  })

  test.each([undefined, 'nowhere.ts', '.'])('none: %s', async (path) => {
    const error = await refused(path)
    expect(error).toMatchObject({ code: 'CONFIG_NOT_FOUND', hint: expect.stringContaining('tidemark init') })
    expect(error.message).toContain(directory)
  })
})

describe('evaluating it', () => {
  test('it may import other files, wait, and use what TypeScript adds', async () => {
    write('query.ts', "export enum Column { A = 'a' }\nexport const query: string = 'select ' + Column.A + ' from t'")
    write(
      'tidemark.config.ts',
      `import { view } from 'tidemark'
       import { query } from './query.js'
       const name = await Promise.resolve('mv')
       export default { views: [view(name, { query })] }`,
    )
    expect((await loadConfig(undefined, directory)).views).toMatchObject([{ name: 'mv', query: 'select a from t' }])
  })

  test('a change is seen by the next load, also in a file that it imports', async () => {
    write('tidemark.config.ts', "import { q } from './q.js'; export default { views: [{ name: 'mv', query: q }] }")
    for (const query of ['select 1', 'select 2']) {
      write('q.ts', `export const q: string = '${query}'`)
      expect((await loadConfig(undefined, directory)).views[0]?.query).toBe(query)
    }
    write('tidemark.config.ts', config('select 3'))
    expect((await loadConfig(undefined, directory)).views[0]?.query).toBe('select 3')
  })

  test('what it throws is CONFIG_INVALID, with its message and without its stack', async () => {
    write('tidemark.config.ts', "throw new Error('no\\nvariable FOO')")
    const error = await refused()
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toBe('tidemark.config.ts could not be evaluated: no variable FOO')
  })

  test.each([
    ['export default {\n  views: [\n', /ParseError.*tidemark\.config\.ts:3/],
    ["import './missing.js'", /Cannot find module '\.\/missing\.js'$/],
    ["import 'no-such-package-here'", /Cannot find module 'no-such-package-here'$/],
    ["throw 'text'", /: text$/],
    ["throw new Error('')", /without a message$/],
    ['throw null', /could not be evaluated: null$/],
  ])('%j', async (content, message) => {
    write('tidemark.config.ts', content)
    const error = await refused()
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toMatch(message)
  })

  test.each(['', 'export const views = 1', 'export default undefined', 'export default () => ({ views: [] })'])(
    'the default export is to be a configuration: %j',
    async (content) => {
      write('tidemark.config.ts', content)
      expect((await refused()).code).toBe('CONFIG_INVALID')
    },
  )

  test('null is no configuration either, and said to be null', async () => {
    for (const name of ['tidemark.config.ts', 'tidemark.config.mjs']) {
      write(name, 'export default null')
      await expect(loadConfig(name, directory)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: 'the configuration: expected an object, got null',
      })
    }
  })

  test('problems in it point at their field', async () => {
    write('tidemark.config.ts', "export default { views: [{ name: 'mv', query: 'select 1', freshness: '5 sekonds' }] }")
    expect((await refused()).message).toContain('views[0].freshness ("mv"): "5 sekonds" is not a duration')
  })
})

describe('query files', () => {
  test('are read relative to the configuration, wherever the command runs', async () => {
    write('app/tidemark.config.ts', config('./views/mv.sql'))
    const file = write('app/views/mv.sql', 'select 1\n')
    const { views } = await loadConfig('app/tidemark.config.ts', directory)
    expect(views).toMatchObject([{ query: 'select 1\n', queryFile: file }])
  })

  test('or from an absolute path', async () => {
    const file = write('elsewhere/Mv.SQL', 'select 1')
    write('tidemark.config.ts', config(file))
    expect((await loadConfig(undefined, directory)).views).toMatchObject([{ queryFile: file }])
  })

  test('a byte order mark is no part of the query', async () => {
    write('tidemark.config.ts', config('mv.sql'))
    write('mv.sql', "\uFEFFselect 'ü'")
    expect((await loadConfig(undefined, directory)).views[0]?.query).toBe("select 'ü'")
  })

  test.each(['select a from s.sql', '(select a from s.sql)', 'WITH x AS (select 1)\nselect * from x.sql'])(
    'SQL that ends like a path is SQL: %j',
    async (query) => {
      write('tidemark.config.ts', config(query))
      const [first] = (await loadConfig(undefined, directory)).views
      expect(first?.query).toBe(query)
      expect(first).not.toHaveProperty('queryFile')
    },
  )

  test('a query in the configuration is found there, where it stands word for word and once', async () => {
    const views = [
      "view('a', { query: `\n  select 1`, key: [] })",
      "view('b', { query: 'select 2' })",
      "view('c', { query: 'select 3' }), view('d', { query: 'select 3' })",
      'view(\'e\', { query: "select \\n4" })',
    ]
    const file = write(
      'tidemark.config.ts',
      `import { view } from 'tidemark'\r\n// select 2\r\nexport default { views: [\r\n  ${views.join(',\r\n  ')}] }`,
    )
    const loaded = await loadConfig(undefined, directory)
    expect(loaded.views.map(({ writtenAt }) => writtenAt)).toEqual([
      { file, line: 4, column: 23 },
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    write('tidemark.config.ts', "export default { views: [{ name: 'b', query: 'select 2' }] }")
    expect((await loadConfig(undefined, directory)).views[0]?.writtenAt).toEqual({ file, line: 1, column: 47 })
  })

  test('a missing one is QUERY_FILE_NOT_FOUND, with the path looked at', async () => {
    write('tidemark.config.ts', config('./views/mv.sql'))
    expect(await refused()).toMatchObject({
      code: 'QUERY_FILE_NOT_FOUND',
      view: 'mv',
      message: `views[0].query ("mv"): there is no file ./views/mv.sql (looked at ${join(directory, 'views/mv.sql')})`,
      hint: expect.stringContaining('relative to the configuration file'),
    })
  })

  test('so is a directory', async () => {
    write('tidemark.config.ts', config('views.sql'))
    mkdirSync(join(directory, 'views.sql'))
    expect(await refused()).toMatchObject({
      code: 'QUERY_FILE_NOT_FOUND',
      message: expect.stringContaining('directory'),
    })
  })

  test.each([
    ['an empty file', ' \n', 'is empty'],
    ['only a byte order mark', '\uFEFF', 'is empty'],
    ['another encoding', Buffer.from([0x73, 0xe4]), 'is not UTF-8'],
    ['UTF-16', Buffer.from('select 1', 'utf16le'), 'is not UTF-8'],
  ])('%s is CONFIG_INVALID', async (_, content, message) => {
    write('tidemark.config.ts', config('mv.sql'))
    write('mv.sql', content)
    expect(await refused()).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) })
  })

  test('all that are missing are reported together', async () => {
    const views = "[{ name: 'a', query: 'a.sql' }, { name: 'b', query: 'select 1' }, { name: 'c', query: 'c.sql' }]"
    write('tidemark.config.ts', `export default { views: ${views} }`)
    const error = await refused()
    expect(error.code).toBe('QUERY_FILE_NOT_FOUND')
    expect(error.message).toMatch(/^2 problems:\n {2}views\[0\]\.query \("a"\).*\n {2}views\[2\]\.query \("c"\)/)
  })
})
