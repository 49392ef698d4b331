import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSimulator, createSimulatorMount, type Simulator } from '../../../src/simulator/index.ts'

/** The requests that the simulator sent: into the network of the person who runs it, if a page succeeded. */
const sent: string[] = []
let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({
    deliver: async input => {
      sent.push(String(input instanceof Request ? input.url : input))
      return new Response(null, { status: 204 })
    },
  })
})
beforeEach(() => {
  sent.length = 0
})

const NOTIFY = JSON.stringify({ url: 'http://169.254.169.254/latest', event: 'TRANSACTION.SUCCESS' })
const JSON_TYPE = { 'content-type': 'application/json' }

async function ask(headers: Record<string, string>, origin = 'http://127.0.0.1:8989', hosts: string[] = []) {
  const mount = createSimulatorMount(simulator, { hosts })
  // A Blob has no content type of its own, where a text has text/plain.
  const body = new Blob([NOTIFY])
  const response = await mount(new Request(`${origin}/simulator/notifications`, { method: 'POST', body, headers }))
  const { code } = (await response.json()) as { code?: string }
  return [response.status, code]
}

describe('a web page cannot make the control API send anything', () => {
  test.each<[string, Record<string, string>]>([
    ['text/plain', { 'content-type': 'text/plain' }],
    ['text/plain that speaks of JSON', { 'content-type': 'text/plain;application/json' }],
    ['a url-encoded form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of files', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no content type', {}],
  ])('by %s', async (_, headers) => {
    expect(await ask(headers)).toEqual([415, 'CONTENT_TYPE_INVALID'])
    expect(sent).toEqual([])
  })

  test.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['another site, by an older browser', { origin: 'https://evil.example' }],
    ['another port, by an older browser', { origin: 'http://127.0.0.1:3000' }],
    ['a sandbox', { origin: 'null' }],
  ])('from %s, in correct JSON', async (_, headers) => {
    expect(await ask({ ...JSON_TYPE, ...headers })).toEqual([403, 'CROSS_SITE'])
    expect(sent).toEqual([])
  })

  test.each([
    'http://rebind.attacker.com:8989',
    'http://127.0.0.1.nip.io:8989',
    'http://localhost.attacker.com:8989',
    'http://attacker.com.:8989',
    // Somebody in the same network answers for these (mDNS, LLMNR), or in the search domain.
    'http://attacker.local:8989',
    'http://attacker:8989',
    'http://attacker.lan:8989',
    'http://localhost.local:8989',
    'http://notlocalhost:8989',
  ])('by its own name %s, made to resolve to this machine', async origin => {
    expect(await ask({ ...JSON_TYPE, origin }, origin)).toEqual([403, 'HOST_UNKNOWN'])
    expect(await ask(JSON_TYPE, origin)).toEqual([403, 'HOST_UNKNOWN'])
    const journal = await createSimulatorMount(simulator)(new Request(`${origin}/simulator/journal`))
    expect(journal.status).toBe(403)
    expect(sent).toEqual([])
  })

  test('an empty form changes nothing', async () => {
    const mount = createSimulatorMount(simulator)
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    for (const path of ['rotate', 'notifications/hold', 'settle'])
      expect((await mount(new Request(`http://127.0.0.1:8989/simulator/${path}`, form))).status).toBe(415)
    const foreign = { method: 'DELETE', headers: { origin: 'https://evil.example' } }
    expect((await mount(new Request('http://127.0.0.1:8989/simulator/faults', foreign))).status).toBe(403)
  })
})

describe('the control API is available to', () => {
  test.each([
    'http://127.0.0.1:8989',
    'http://localhost:8989',
    'http://[::1]:8989',
    'http://192.168.1.5:8989',
    'http://simulator.localhost:8989',
    'http://LOCALHOST.:8989',
  ])('a program, at %s', async origin => {
    expect((await ask(JSON_TYPE, origin))[0]).toBe(200)
    expect(sent).toHaveLength(1)
  })

  test('a page of its own origin', async () => {
    expect((await ask({ ...JSON_TYPE, origin: 'http://127.0.0.1:8989' }))[0]).toBe(200)
    expect((await ask({ ...JSON_TYPE, 'sec-fetch-site': 'same-origin' }))[0]).toBe(200)
  })

  test.each(['simulator', 'simulator.shop.svc.cluster.local', 'host.docker.internal'])(
    'a name of a network that was allowed: %s',
    async host => {
      expect((await ask(JSON_TYPE, `http://${host}:8989`, [host]))[0]).toBe(200)
      expect((await ask(JSON_TYPE, `http://${host}:8989`))[0]).toBe(403)
    },
  )

  test('a client that uses an allowed public name', async () => {
    expect((await ask(JSON_TYPE, 'https://simulator.shop.com', ['simulator.shop.com']))[0]).toBe(200)
    expect((await ask(JSON_TYPE, 'https://other.shop.com', ['simulator.shop.com']))[0]).toBe(403)
  })

  test('a user who follows a link to it', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const mount = createSimulatorMount(simulator)
    expect((await mount(new Request('http://127.0.0.1:8989/simulator', { headers }))).status).toBe(200)
  })
})
