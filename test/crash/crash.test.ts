import { afterAll, expect, test } from 'vitest'
import { usePrivateServer } from '../kit/index.js'
import { killRefresher, killServer, Site } from './site.js'

// Its durability is what is tested, so that no setting is turned off.
const server = await usePrivateServer()
const site = new Site(server)
await site.prepare()
site.startWriting()
afterAll(() => site.stop())

test('a refreshing process is killed three times, and nothing is lost', async () => {
  for (let time = 1; time <= 3; time++) {
    await killRefresher(site)
    expect(await site.problems()).toEqual([])
  }
})

test('PostgreSQL is killed three times in the middle of refreshes, and nothing is lost', async () => {
  for (let time = 1; time <= 3; time++) {
    await killServer(site)
    expect(await site.problems()).toEqual([])
  }
})
