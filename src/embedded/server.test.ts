import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startPrivateServer, testedVersion, usePrivateServer } from '../../test/kit/index.js'
import { waitUntilDead } from './processes.js'
import { startEmbeddedServer } from './server.js'

const server = await usePrivateServer()

async function rows(text: string): Promise<unknown[]> {
  const client = new Client(server.url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('runs the version that was asked for, with stock settings', async () => {
  expect(
    await rows(
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit, current_setting('max_connections') AS connections`,
    ),
  ).toEqual([{ major: testedVersion(), fsync: 'on', commit: 'on', connections: '100' }])
})

test('keeps what was committed, and no more, when it is killed', async () => {
  await rows('CREATE TABLE kept AS SELECT 1 AS a')
  const open = new Client(server.url)
  const broken = new Promise((resolve) => open.on('error', resolve))
  await open.connect()
  await open.query('BEGIN; INSERT INTO kept VALUES (2)')
  const before = server.pid
  await server.kill9()
  await broken
  expect(server.pid).toBeUndefined()
  await expect(rows('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.start()
  expect(server.pid).not.toBe(before)
  expect(await rows('SELECT a FROM kept')).toEqual([{ a: 1 }])
  expect(await server.log()).toMatch(/automatic recovery in progress/)
})

test('restarts on its port, with other settings', async () => {
  const { url } = server
  await server.restart({ work_mem: '7MB', 'tidemark.note': "it's" })
  expect(server.url).toBe(url)
  expect(await rows(`SELECT current_setting('work_mem') AS a, current_setting('tidemark.note') AS b`)).toEqual([
    { a: '7MB', b: "it's" },
  ])
})

test('leaves nothing behind after remove()', async () => {
  const other = await startPrivateServer()
  const { pid } = other
  await other.remove()
  expect(existsSync(dirname(other.dataDirectory))).toBe(false)
  expect(await waitUntilDead([pid ?? 0], 10_000)).toBe(true)
})

test('ends with the process that started it, even with kill -9', async () => {
  const program = `
    import { startEmbeddedServer } from ${JSON.stringify(new URL('./server.ts', import.meta.url).href)}
    const server = await startEmbeddedServer({ version: ${testedVersion()} })
    console.log(JSON.stringify({ pid: server.pid, directory: server.dataDirectory }))
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(owner.stdout, 'data')
  const { pid, directory } = JSON.parse(String(line)) as { pid: number; directory: string }
  expect(existsSync(directory)).toBe(true)
  owner.kill('SIGKILL')
  await expect.poll(() => existsSync(dirname(directory)), { timeout: 20_000 }).toBe(false)
  expect(await waitUntilDead([pid], 10_000)).toBe(true)
})

test('says why it does not start', async () => {
  await expect(startEmbeddedServer({ version: testedVersion(), settings: { nonsense: 1 } })).rejects.toMatchObject({
    code: 'EMBEDDED_SERVER',
    message: expect.stringMatching(/unrecognized configuration parameter "nonsense"/),
  })
})
