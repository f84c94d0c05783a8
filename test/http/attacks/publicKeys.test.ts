/** Each test is named by what it tries. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { exportJWK, exportSPKI, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, type Served } from '../kit.js'
import { useAttacked } from './kit.js'

const { handlers, tenant } = await useAttacked()

describe('tokens of an issuer with public keys', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let issuer: Server
  let served: Served
  let answers = 200

  beforeAll(async () => {
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
    issuer = createServer((_, response) => {
      response.writeHead(answers, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }))
    })
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    const { port } = issuer.address() as { port: number }
    served = handlers({ access: { jwt: { jwksUrl: `http://127.0.0.1:${port}/keys`, roles: [tenant] } } })
  })
  afterAll(() => void issuer.close())

  const sign = (alg: string, key: Parameters<SignJWT['sign']>[0], kid = 'one'): Promise<string> =>
    new SignJWT({ role: tenant, org: 1 }).setProtectedHeader({ alg, kid }).setExpirationTime('1m').sign(key)

  test('the issuer cannot be reached: 503, and not 401', async () => {
    answers = 500
    await expectProblem(
      await served.get('/api/views/owned/freshness', await sign('RS256', pair.privateKey)),
      503,
      'OVERLOADED',
    )
    answers = 200
  })

  test('valid', async () => {
    expect((await served.get('/api/views/owned/freshness', await sign('RS256', pair.privateKey))).status).toBe(200)
  })

  test('the public key taken for a secret: HS256 for RS256', async () => {
    const pem = await exportSPKI(pair.publicKey)
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'one' })).toString('base64url')
    const body = Buffer.from(
      JSON.stringify({ role: tenant, org: 1, exp: Math.floor(Date.now() / 1000) + 60 }),
    ).toString('base64url')
    for (const by of [pem, pem.trim(), pair.publicKey.export({ type: 'spki', format: 'der' })]) {
      const forged = `${head}.${body}.${createHmac('sha256', by).update(`${head}.${body}`).digest('base64url')}`
      await expectProblem(await served.get('/api/views/owned/freshness', forged), 401, 'UNAUTHENTICATED')
    }
  })

  test('signed with another key of the same name, or by a key that is not published', async () => {
    for (const kid of ['one', 'two']) {
      await expectProblem(
        await served.get('/api/views/owned/freshness', await sign('RS256', other.privateKey, kid)),
        401,
        'UNAUTHENTICATED',
      )
    }
  })
})
