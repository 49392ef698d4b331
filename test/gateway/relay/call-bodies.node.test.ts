import { beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '../../../src/gateway/index.ts'
import { CALLER, createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// A caller opens many uploads, and keeps them open.

const FLOODER: Caller = { ...CALLER, name: 'flooder' }
const CAPPED: Caller = { ...CALLER, name: 'capped', maxAmount: 100 }
const CALLERS = [CALLER, FLOODER, CAPPED]
let one: TestGateway
beforeEach(async () => {
  one = await createTestGateway({
    callers: CALLERS,
    authenticate: async request => CALLERS.find(({ name }) => name === request.headers.get('x-caller')) ?? CALLER,
  })
})

const MEBIBYTE = 1024 * 1024
const UPLOAD = '/v3/merchant/media/upload'

/** A form whose file comes first, as many bytes as are said, and does not end. */
function openForm(bytes: number, headers: Record<string, string>): RequestInit & { taken: () => number } {
  const head = new TextEncoder().encode('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n')
  let taken = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken >= bytes) return new Promise(() => {})
        controller.enqueue(taken === 0 ? head : new Uint8Array(256 * 1024))
        taken += taken === 0 ? head.length : 256 * 1024
        return undefined
      },
    },
    { highWaterMark: 0 },
  )
  const type = { 'content-type': 'multipart/form-data; boundary=b' }
  return {
    method: 'POST',
    body,
    headers: { ...type, ...headers },
    duplex: 'half',
    taken: () => taken,
  } as RequestInit & {
    taken: () => number
  }
}

describe('the bodies of calls', () => {
  test('take no more than 32 MiB of memory together, six times their bytes; those of a flood give way, and other callers are served', async () => {
    const codes: (string | null)[] = []
    for (let at = 0; at < 40; at++)
      void one
        .call(UPLOAD, openForm(2 * MEBIBYTE, { 'x-caller': 'flooder' }))
        .then(({ status, headers }) => codes.push(`${status} ${headers.get('wechatpay-edge-error')}`))
    await expect.poll(() => codes.length).toBeGreaterThanOrEqual(36)
    expect(new Set(codes)).toEqual(new Set(['503 BUSY']))
    expect(codes.length).toBeLessThan(40)
    const response = await one.call('/v3/pay/transactions/native', json(nativeOrder(one, 'T100001')))
    expect(response.status).toBe(200)
  })

  test('are given back when their call is answered', async () => {
    for (let at = 0; at < 6; at++) {
      const file = Buffer.alloc(2 * MEBIBYTE)
      const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
      const response = await one.call(UPLOAD, {
        method: 'POST',
        body: Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--b--\r\n')]),
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      })
      expect(response.headers.get('wechatpay-edge-error')).not.toBe('BUSY')
      await response.body?.cancel()
    }
  })

  test('have 1 MiB where nobody has defined the endpoint', async () => {
    const form = openForm(8 * MEBIBYTE, {})
    const response = await one.call('/v3/nobody/knows', form)
    expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([413, 'BODY_TOO_LARGE'])
    expect(form.taken()).toBeLessThan(2 * MEBIBYTE)
  })

  test.each<[string, string, number]>([
    ['an image', UPLOAD, 2],
    ['an image of APIv2', '/v2/secapi/mch/uploadmedia', 2],
    ['a video', '/v3/merchant/media/video_upload', 5],
    ['a file of unknown bounds', '/v3/mch-manage/submission-files/sub-mchid/1900000109/upload', 5],
  ])('have what WeChat Pay takes of %s, and at most 5 MiB, where they are read whole', async (_, path, most) => {
    const form = openForm(most * MEBIBYTE + 512 * 1024, { 'idempotency-key': 'k' })
    const response = await one.call(path, form)
    expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([413, 'BODY_TOO_LARGE'])
    expect(form.taken()).toBeGreaterThan(most * MEBIBYTE)
  })

  test.each<[string, string, Record<string, string>, string]>([
    ['a merchant that there is not', UPLOAD, { 'wechatpay-edge-mchid': '1' }, 'MERCHANT_UNKNOWN'],
    ['an undefined endpoint under a cap', '/v3/nobody/knows', { 'x-caller': 'capped' }, 'AMOUNT_UNKNOWN'],
  ])('are not read for %s', async (_, path, headers, code) => {
    const form = openForm(8 * MEBIBYTE, headers)
    const response = await one.call(path, form)
    expect([response.headers.get('wechatpay-edge-error'), form.taken()]).toEqual([code, 0])
  })
})
