import { expect, test, vi } from 'vitest'
import type { Endpoint } from '../../../src/gateway/delivery/endpoint.ts'
import { createSigner, signerOf } from '../../../src/gateway/delivery/webhook.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

test("signs the specification's own example as its libraries do", async () => {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries, the test vector of all of them.
  const headers = await createSigner([SECRET])('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', 1614265330_999)
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('while a secret is replaced both sign', async () => {
  const other = `whsec_${btoa('another secret of 24 byte')}`
  const [both, old, young] = await Promise.all(
    [[SECRET, other], [SECRET], [other]].map(
      async secrets => (await createSigner(secrets)('1', '{}', 0))['webhook-signature'],
    ),
  )
  expect(both).toBe(`${old} ${young}`)
})

test('the keys of an endpoint are imported once, whatever is sent', async () => {
  const importKey = vi.spyOn(crypto.subtle, 'importKey')
  const endpoint: Endpoint = { name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }
  await Promise.all(['1', '2', '3'].map(id => signerOf(endpoint)(id, '{}', 0)))
  expect(importKey).toHaveBeenCalledTimes(1)
  importKey.mockRestore()
})

test.each([
  ['no secret at all', [], 'OPTION_MISSING', 'secrets'],
  ['one without its prefix', [SECRET.slice(6)], 'OPTION_INVALID', 'secrets.0'],
  ['one that is no base64', [SECRET, 'whsec_not base64!'], 'OPTION_INVALID', 'secrets.1'],
  ['one that is too short', [`whsec_${btoa('short secret')}`], 'OPTION_INVALID', 'secrets.0'],
  ['one that is too long', [`whsec_${btoa('x'.repeat(65))}`], 'OPTION_INVALID', 'secrets.0'],
])('refuses %s, and does not show it', (_, secrets, code, option) => {
  const make = () => createSigner(secrets)
  expect(make).toThrow(expect.objectContaining({ name: 'ConfigurationError', code, option }))
  for (const secret of secrets)
    expect(make).toThrow(expect.objectContaining({ message: expect.not.stringContaining(secret.slice(6)) }))
})
