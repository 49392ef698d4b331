import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { createSigner } from '../../../src/gateway/delivery/webhook.ts'

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`
const anySecret = fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf)

test('the standardwebhooks library verifies whatever is signed, with each of the secrets', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(anySecret, { minLength: 1, maxLength: 3 }),
      fc.uuid(),
      fc.json({ stringUnit: 'grapheme' }),
      async (secrets, id, body) => {
        const headers = await createSigner(secrets)(id, body, Date.now())
        for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      },
    ),
  ))

test('the standardwebhooks library refuses another body, another id and another secret', async () => {
  const secret = secretOf(randomBytes(32))
  const headers = await createSigner([secret])('msg_1', '{"a":1}', Date.now())
  const refuse = (key: string, body: string, some: Record<string, string>) =>
    expect(() => new Webhook(key).verify(body, some)).toThrow(WebhookVerificationError)
  refuse(secret, '{"a":2}', headers)
  refuse(secret, '{"a":1}', { ...headers, 'webhook-id': 'msg_2' })
  refuse(secretOf(randomBytes(32)), '{"a":1}', headers)
})

test('node:crypto makes the same signature', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      fc.string({ unit: 'grapheme' }),
      fc.nat(2 ** 42),
      async (key, body, now) => {
        const headers = await createSigner([secretOf(key)])('evt_1', body, now)
        const seconds = Math.floor(now / 1000)
        const mac = createHmac('sha256', key).update(`evt_1.${seconds}.${body}`).digest('base64')
        expect(headers).toEqual({
          'webhook-id': 'evt_1',
          'webhook-timestamp': String(seconds),
          'webhook-signature': `v1,${mac}`,
        })
      },
    ),
  ))
