import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test, vi } from 'vitest'
import { type Program, runToEnd, startSimulator } from '../program.ts'

vi.setConfig({ testTimeout: 60_000 })
let program: Program | undefined
afterEach(async () => {
  await program?.stop()
  program = undefined
})

/** Asks for the control surface as a client that reaches the simulator under a name. */
const askAs = (host: string): Promise<[status: number | undefined, code: unknown]> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(program!.url)
    request({ hostname, port, path: '/simulator', headers: { host: `${host}:${port}` } }, async response =>
      resolve([response.statusCode, JSON.parse(await text(response)).code]),
    )
      .on('error', reject)
      .end()
  })

test('several names reach the control surface, each by an --allow-host of its own, and no other does', async () => {
  program = await startSimulator('--allow-host', 'simulator', '--allow-host', 'wechatpay.internal')
  expect(await askAs('simulator')).toEqual([200, undefined])
  expect(await askAs('wechatpay.internal')).toEqual([200, undefined])
  expect(await askAs('attacker.example')).toEqual([403, 'HOST_UNKNOWN'])
})

test('each name is checked: the second too', async () => {
  const { code, errors } = await runToEnd('simulator', '--allow-host', 'simulator', '--allow-host', 'http://simulator')
  expect([code, errors]).toEqual([
    2,
    expect.stringContaining('--allow-host must be a host name, not "http://simulator".'),
  ])
})
