/** Requests that a web page makes a browser send are neither forwarded nor recorded. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCommand, startRecorder, type TestRecorder } from './test-recorder.ts'

const forwarded: string[] = []
let target: string
beforeAll(async () => {
  const service = createServer((incoming, outgoing) => {
    forwarded.push(`${incoming.method} ${incoming.url}`)
    outgoing.end('{}')
  })
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
  target = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  return () => void service.close()
})
let recorder: TestRecorder
beforeEach(async () => {
  forwarded.splice(0)
  recorder = await startRecorder(target, '--allow-host', 'recorder', '--allow-host', 'Pay.internal')
})
afterEach(() => recorder[Symbol.asyncDispose]())

const PATH = '/v3/certificates'

/** Sends a request with headers that `fetch` would not send. */
const call = (headers: Record<string, string>, method = 'GET'): Promise<[status: number | undefined, code: unknown]> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(recorder.url)
    request({ hostname, port, path: PATH, method, headers }, async response =>
      resolve([response.statusCode, JSON.parse(await text(response)).code]),
    )
      .on('error', reject)
      .end()
  })

const recordedCalls = async (): Promise<number> => (await recorder.stop()).trim().split('\n').length - 1

test.each<[string, Record<string, string>, string]>([
  ['a name that a page made resolve to this machine', { host: 'rebind.attacker.example' }, 'HOST_UNKNOWN'],
  ['a name in the local network, which anybody there can claim', { host: 'printer.local' }, 'HOST_UNKNOWN'],
  ['a host that only begins like this machine', { host: '127.0.0.1.attacker.example' }, 'HOST_UNKNOWN'],
  ['a user name that looks like this machine', { host: 'localhost@attacker.example' }, 'HOST_UNKNOWN'],
  ['a name that ends like an allowed one', { host: 'not-recorder' }, 'HOST_UNKNOWN'],
  ['a port without a host', { host: ':8990' }, 'HOST_UNKNOWN'],
  ['a form of another site', { origin: 'https://attacker.example' }, 'CROSS_SITE'],
  ['a sandboxed frame', { origin: 'null' }, 'CROSS_SITE'],
  ['an image on a page of another site', { 'sec-fetch-site': 'cross-site' }, 'CROSS_SITE'],
  ['a page on another port of this machine', { 'sec-fetch-site': 'same-site' }, 'CROSS_SITE'],
  [
    'a link of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    'CROSS_SITE',
  ],
])('%s is a 403 that says why, and goes nowhere', async (_, headers, code) => {
  for (const method of ['GET', 'POST', 'DELETE']) expect(await call(headers, method)).toEqual([403, code])
  expect([forwarded, await recordedCalls()]).toEqual([[], 0])
  expect(recorder.said()).toContain(code)
  expect(recorder.said()).not.toContain('attacker')
})

test.each<[string, Record<string, string>]>([
  ['this machine', { host: 'localhost' }],
  ['an address, with a port', { host: '192.168.1.7:8990' }],
  ['an address of IPv6', { host: '[::1]:8990' }],
  ['a name of --allow-host', { host: 'recorder:8990' }],
  ['another name of --allow-host, in any case', { host: 'PAY.internal' }],
  ['an address typed into a browser', { 'sec-fetch-site': 'none' }],
])('a call of %s passes', async (_, headers) => {
  expect(await call(headers)).toEqual([200, undefined])
  expect([forwarded, await recordedCalls()]).toEqual([[`GET ${PATH}`], 1])
})

test('an --allow-host that is no host name is a mistake', async () => {
  const { code, errors } = await runCommand('record', '--allow-host', 'recorder', '--allow-host', 'http://recorder')
  expect([code, errors]).toEqual([
    2,
    expect.stringContaining('--allow-host must be a host name, not "http://recorder".'),
  ])
})
