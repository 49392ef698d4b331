import { afterEach, expect, test, vi } from 'vitest'
import { readBody } from '../../src/gateway/body/read-body.ts'
import { createTestGateway } from '../gateway/test-gateway.ts'
import { slowBodyCases } from './slow-body.ts'

test.each(slowBodyCases)('$name', ({ run }) => run())

afterEach(() => void vi.useRealTimers())

test('the gateway gives up a call whose body does not come, after 30 seconds, JSON or a form', async () => {
  const { call } = await createTestGateway()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const types = ['application/json', 'multipart/form-data; boundary=x']
  const answers = types.map(type =>
    call('/v3/merchant/media/upload', {
      method: 'POST',
      headers: { 'content-type': type },
      body: new ReadableStream({ start: controller => controller.enqueue(new TextEncoder().encode('--x\r\n')) }),
      duplex: 'half',
    } as RequestInit),
  )
  await vi.advanceTimersByTimeAsync(29_000)
  expect(await Promise.race([...answers, Promise.resolve('waiting')])).toBe('waiting')
  await vi.advanceTimersByTimeAsync(2_000)
  for (const answer of answers) {
    const response = await answer
    expect([response.status, await response.json()]).toMatchObject([408, { code: 'BODY_TIMEOUT' }])
  }
})

test.each([{}, { 'content-length': '10' }])(
  'a body that is given up is canceled, so that its source may stop: %o',
  async headers => {
    let isCanceled = false
    const body = new ReadableStream({
      cancel() {
        isCanceled = true
      },
    })
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const request = new Request('https://gateway.example/', init)
    await expect(readBody(request, 10, 20)).rejects.toMatchObject({ problem: { code: 'BODY_TIMEOUT' } })
    await expect.poll(() => isCanceled).toBe(true)
  },
)
