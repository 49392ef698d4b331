import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import type { Refusal } from '../../../src/gateway/problem.ts'
import { eventually } from '../../eventually.ts'

const ISSUER = 'https://issuer.example'

let keys: CryptoKeyPair
let jwks: object
beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] }
})

afterEach(() => void vi.useRealTimers())

/** A gateway whose issuer answers as told; `fetches` counts how often it was asked. */
function gateway(answer: (init: RequestInit | undefined) => Response | Promise<Response>) {
  const told = { fetches: 0, now: Date.now() }
  const authenticate = createAuthenticate(
    [
      {
        name: 'ci',
        credential: { issuer: ISSUER, audience: 'gateway', jwks: `${ISSUER}/certs`, claims: {} },
        allow: [],
      },
    ],
    {
      now: () => told.now,
      fetch: async (_, init) => {
        told.fetches++
        return answer(init)
      },
    },
  )
  /** Anybody can make such a token: what names the issuer is not signed by it. */
  const show = async (kid = 'k1'): Promise<string> => {
    const token = await new SignJWT({ iss: ISSUER, aud: 'gateway', exp: told.now / 1000 + 300 })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(keys.privateKey)
    const request = new Request('https://gateway.example/v3/x', { headers: { authorization: `Bearer ${token}` } })
    return authenticate(request).then(
      ({ name }) => name,
      ({ problem }: Refusal) => `${problem.status} ${problem.headers?.['Retry-After'] ?? ''}`.trim(),
    )
  }
  return { told, show }
}

test('an issuer that fails is asked once, however many tokens are shown, and then after 1, 2, 4, … 60 seconds', async () => {
  const { told, show } = gateway(() => new Response('', { status: 500 }))
  const answers = await Promise.all(Array.from({ length: 50 }, () => show()))
  expect(new Set(answers)).toEqual(new Set(['503 1']))
  expect(told.fetches).toBe(1)
  for (const pause of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const before = told.fetches
    told.now += pause * 1000 - 1
    expect(await show()).toBe('503 1')
    expect(told.fetches).toBe(before)
    told.now += 1
    await show()
    expect(told.fetches).toBe(before + 1)
  }
})

test('a clock that is set back does not prolong the pause', async () => {
  const { told, show } = gateway(() => new Response('', { status: 500 }))
  await show()
  told.now -= 6 * 3_600_000
  await show()
  expect(told.fetches).toBe(2)
})

test('an issuer that has recovered is believed at once, and its next failure has a short pause again', async () => {
  let isUp = false
  const { told, show } = gateway(() => (isUp ? Response.json(jwks) : new Response('', { status: 500 })))
  await show()
  told.now += 1000
  await show()
  isUp = true
  told.now += 2000
  expect(await show()).toBe('ci')
  expect(told.fetches).toBe(3)
  expect(await show()).toBe('ci')
  expect(told.fetches).toBe(3)
})

test('requests that come together wait for one fetch', async () => {
  const { told, show } = gateway(async () => {
    await new Promise(resolve => setTimeout(resolve, 50))
    return Response.json(jwks)
  })
  expect(new Set(await Promise.all(Array.from({ length: 20 }, () => show())))).toEqual(new Set(['ci']))
  expect(told.fetches).toBe(1)
})

test('keys that are known serve on while unknown ones are asked for in vain', async () => {
  let isUp = true
  const { told, show } = gateway(() => (isUp ? Response.json(jwks) : new Response('', { status: 500 })))
  expect(await show()).toBe('ci')
  isUp = false
  // Half a minute on, an unknown key has the issuer asked again.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
  for (let turn = 0; turn < 5; turn++) expect(await show(`forged-${turn}`)).toBe('503 1')
  expect(told.fetches).toBe(2)
  expect(await show()).toBe('ci')
})

test('at most 1,000 requests wait for a slow download, and a token whose key is known waits for nothing', async () => {
  let isSlow = false
  const downloading: (() => void)[] = []
  const { show } = gateway(async () => {
    if (isSlow) await new Promise<void>(resolve => downloading.push(resolve))
    return Response.json(jwks)
  })
  expect(await show()).toBe('ci')
  isSlow = true
  // The time limit of the download does not run out, however long the requests take to be made.
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() + 31_000 })
  const codes: string[] = []
  const flood = Array.from({ length: 1_050 }, (_, at) =>
    show(`forged-${at}`)
      .catch(String)
      .then(code => codes.push(code)),
  )
  await eventually(() => expect([downloading.length, codes.length]).toEqual([1, 50]))
  expect([await show(), codes]).toEqual(['ci', Array(50).fill('503 1')])
  for (const resolve of downloading) resolve()
  await Promise.all(flood)
  expect(codes).toHaveLength(1_050)
})

test('of an answer that does not end 256 KiB are read', async () => {
  let bytes = 0
  const { show } = gateway(
    () =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              if (bytes > 2 ** 26) return controller.close()
              bytes += 65_536
              controller.enqueue(new Uint8Array(65_536).fill(32))
            },
          },
          { highWaterMark: 0 },
        ),
      ),
  )
  expect(await show()).toBe('503 1')
  expect(bytes).toBeLessThan(2 ** 19)
})

test('an answer that never comes, from a fetch that heeds no signal, ends after 5 seconds', async () => {
  const { told, show } = gateway(() => new Promise(() => {}))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const answers: string[] = []
  const shown = show().then(answer => answers.push(answer))
  await eventually(() => expect(told.fetches).toBe(1))
  await vi.advanceTimersByTimeAsync(4_999)
  await eventually(() => expect(answers).toEqual([]))
  await vi.advanceTimersByTimeAsync(1)
  await shown
  expect(answers).toEqual(['503 1'])
})

test.each<[string, object]>([
  ['a point that is not on the curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
  ['the point zero', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
])('an issuer key that cannot be imported, %s, makes its token invalid; nobody is told to repeat', async (_, key) => {
  const { told, show } = gateway(() => Response.json({ keys: [{ ...key, kid: 'k1', alg: 'ES256' }] }))
  for (let turn = 0; turn < 3; turn++) expect(await show()).toMatch(/^401/)
  expect(told.fetches).toBe(1)
})

test('a list of anything but keys is a failed download', async () => {
  const { show } = gateway(() => Response.json({ keys: ['k1', null] }))
  expect(await show()).toBe('503 1')
})
