/** `npm run crash -- --times 50`: kill -9 of a refreshing process and of PostgreSQL, so many times each, while sessions write. */
import { parseArgs } from 'node:util'
import { postgresVersions } from '../../src/embedded/binaries.js'
import { startEmbeddedServer } from '../../src/embedded/server.js'
import { killRefresher, killServer, Site } from './site.js'

const { values: options } = parseArgs({ options: { times: { type: 'string', default: '50' } } })
const version = postgresVersions.find((known) => String(known) === (process.env.TIDEMARK_TEST_PG ?? '18'))
const server = await startEmbeddedServer(version === undefined ? {} : { version })
const site = new Site(server)
try {
  await site.prepare()
  site.startWriting()
  for (const [what, kill] of [
    ['a refreshing process', killRefresher],
    ['PostgreSQL', killServer],
  ] as const) {
    const started = Date.now()
    let wrong = 0
    for (let time = 1; time <= Number(options.times); time++) {
      await kill(site)
      const problems = await site.problems()
      if (problems.length > 0) wrong++
      for (const problem of problems) console.log(`kill ${time} of ${what}: ${problem}`)
    }
    const seconds = Math.round((Date.now() - started) / 1000)
    console.log(`${what}, killed ${options.times} times in ${seconds} s: ${wrong} times something was wrong after it`)
    if (wrong > 0) process.exitCode = 1
  }
} finally {
  await site.stop()
  await server.remove()
}
