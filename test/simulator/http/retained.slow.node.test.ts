import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createSimulator, createSimulatorMount } from '../../../src/simulator/index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Returns the bytes in use, once garbage has been collected. */
async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise(resolve => setTimeout(resolve, 50))
    collectGarbage()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('the journal and the timeline keep nothing of large bodies whose signature is invalid', async () => {
  const simulator = await createSimulator()
  const mount = createSimulatorMount(simulator)
  const { mchid, serial } = simulator.merchant
  const send = async (at: number, length: number): Promise<void> => {
    const fields = { mchid, nonce_str: `n${at}`, timestamp: String(Math.floor(Date.now() / 1000)), serial_no: serial }
    const pairs = Object.entries({ ...fields, signature: 'AAAA' }).map(([name, value]) => `${name}="${value}"`)
    const response = await simulator.fetch('http://localhost/v3/certificates', {
      method: 'POST',
      body: `{"a":"${'x'.repeat(length)}"}`,
      headers: { authorization: `WECHATPAY2-SHA256-RSA2048 ${pairs.join(',')}`, accept: '*/*', 'user-agent': 'test' },
    })
    expect(response.status).toBe(401)
    await response.arrayBuffer()
  }
  await send(0, 8_000_000)
  const before = await bytesInUse()
  for (let at = 1; at <= 20; at++) await send(at, 8_000_000)
  // Each would keep 8 MB, of a journal of 200 and a timeline of 1,000 such requests.
  expect((await bytesInUse()) - before).toBeLessThan(60_000_000)
  expect((await mount(new Request('http://localhost/simulator/timeline/21'))).status).toBe(200)
})
