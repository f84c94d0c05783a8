/** What is remembered of answers beside their rows does not keep the rows: how much of them is kept is the cache's to say. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { useHandlers } from './kit.js'

const db = await useTestDatabase()
const handlers = useHandlers(db.url)
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const megabytes = (): number => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

test('hundreds of large answers, each asked for until it is remembered', async () => {
  await db.query(`create table t (id int primary key, name text);
    insert into t select i, repeat(md5(i::text), 8) from generate_series(1, 1500) i`)
  await deploy(db.pool, { names: { query: 'select id, name from t', read: { public: true } } })
  const served = handlers({ cache: { memory: { maxBytes: 4 * 2 ** 20 } } })
  const source = async (offset: number): Promise<string | null> => {
    const answer = await served.get(`/rest/v1/names?order=id&limit=1000&offset=${offset}`)
    expect((await answer.text()).length).toBeGreaterThan(250_000)
    return answer.headers.get('x-data-source')
  }
  await source(0)
  const before = megabytes()
  for (let offset = 0; offset < 200; offset++) {
    await until(async () => (await source(offset)) === 'cache', 'it is remembered')
    await source(offset)
  }
  // All of them have more than fifty.
  expect(megabytes() - before).toBeLessThan(25)
})
