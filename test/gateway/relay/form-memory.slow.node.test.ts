import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createTestGateway } from '../test-gateway.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const FILE = 5 * 1024 * 1024 - 1024

/** Bytes outside the heap, where files are, without those that nobody holds. */
function held(): number {
  // The second collection waits until what the first one has found is freed, which another thread does.
  collect()
  collect()
  return process.memoryUsage().external
}

test('a form that is read whole takes no more than the six times its bytes that it is counted for', async () => {
  const one = await createTestGateway()
  const { merchant } = one.simulator
  let before = 0
  let most = 0
  let sent = 0
  const client = new Wechatpay({
    ...merchant,
    retry: false,
    async fetch(_, init) {
      sent = (await new Response(init!.body).arrayBuffer()).byteLength
      most = held() - before
      return new Response(null, { status: 500 })
    },
  })
  const gateway = await one.restart({ merchants: { [merchant.mchid]: client } })
  const head = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n')
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at === 0) controller.enqueue(new Uint8Array(head))
      controller.enqueue(new Uint8Array(1024).fill(7))
      at += 1024
      if (at < FILE) return
      controller.enqueue(new TextEncoder().encode('\r\n--b--\r\n'))
      controller.close()
    },
  })
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'idempotency-key': 'k' }
  before = held()
  await gateway.call('/v3/merchant/media/video_upload', {
    method: 'POST',
    body,
    headers,
    duplex: 'half',
  } as RequestInit)
  expect(sent).toBeGreaterThan(FILE)
  expect(most).toBeGreaterThan(FILE)
  expect(most).toBeLessThanOrEqual(6 * FILE)
})
