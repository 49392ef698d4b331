import { expect, test } from 'vitest'
import { createSimulatorMount } from '../../../src/simulator/control/mount.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { crypto } from '../../webcrypto.ts'

/** A body that goes on for as long as it is read, up to 64 MiB. */
function endless() {
  const told = { bytes: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (told.bytes >= 2 ** 26) return controller.close()
        told.bytes += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(32))
      },
    },
    { highWaterMark: 0 },
  )
  return { body, told }
}

const post = (url: string, body: ReadableStream) =>
  new Request(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
    duplex: 'half',
  } as RequestInit)

test.each([
  ['APIv3', 'https://api.mch.weixin.qq.com/v3/pay/transactions/native'],
  ['APIv2', 'https://api.mch.weixin.qq.com/pay/unifiedorder'],
])('%s refuses a body that does not end, and reads no more than 16 MiB of it', async (_, url) => {
  const simulator = await createSimulator({ crypto })
  const { body, told } = endless()
  const response = await simulator.fetch(post(url, body))
  expect(response.status).toBe(413)
  expect(await response.text()).toContain('<h1>413 Request Entity Too Large</h1>')
  expect(told.bytes).toBeLessThan(17 * 2 ** 20)
})

test('the control API reads at most 1 MB of a body', async () => {
  const mount = createSimulatorMount(await createSimulator({ crypto }))
  const { body, told } = endless()
  const response = await mount(post('http://localhost/simulator/pay', body))
  expect(response.status).toBe(413)
  expect(told.bytes).toBeLessThan(2 * 2 ** 20)
})
