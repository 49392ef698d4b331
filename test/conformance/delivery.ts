import { assert } from 'chai'
import { isPrivateHost } from '../../src/gateway/delivery/address.ts'
import type { Endpoint } from '../../src/gateway/delivery/endpoint.ts'
import { sendEvent, sendQuestion } from '../../src/gateway/delivery/send.ts'
import { createSigner } from '../../src/gateway/delivery/webhook.ts'
import { type Case, includes } from './case.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const endpoint: Endpoint = { name: 'shop', url: 'https://shop.example.com/', events: ['*'], secrets: [SECRET] }
const message = { endpoint, id: 'evt_1', body: '{}', attempt: 1 }
const answering = (body: BodyInit | null, init?: ResponseInit) => ({
  now: Date.now,
  fetch: async () => new Response(body, init),
})

/** Deliveries to a merchant's endpoint. */
export const cases: readonly Case[] = [
  {
    name: "a webhook is signed as Standard Webhooks' own example has it",
    async run() {
      const headers = await createSigner([SECRET])(
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        '{"test": 2432232314}',
        1614265330_000,
      )
      assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
    },
  },
  {
    name: 'a private address is one however a URL spells it',
    run() {
      const isPrivate = (host: string) => isPrivateHost(new URL(`http://${host}/`).hostname)
      for (const host of [
        '0x7f.1',
        '2130706433',
        '0251.254.169.254',
        '[::ffff:10.0.0.1]',
        '[64:ff9b::7f00:1]',
        'LOCALHOST.',
      ])
        assert.isTrue(isPrivate(host), host)
      for (const host of ['example.com', '8.8.8.8', '[2606:4700::1111]']) assert.isFalse(isPrivate(host), host)
    },
  },
  {
    name: 'a delivery is taken, put off, refused, and a question answered',
    async run() {
      includes(await sendEvent(message, answering('thanks')), { ok: true, status: 200 })
      const later = answering(null, { status: 503, headers: { 'Retry-After': '7' } })
      includes(await sendEvent(message, later), { ok: false, error: 'STATUS', status: 503, retryAfter: 7000 })
      includes(await sendEvent(message, answering(null, { status: 302 })), { ok: false, error: 'REDIRECTED' })
      includes(await sendQuestion(message, answering('{"state":"NORMAL"}')), { ok: true, data: { state: 'NORMAL' } })
      includes(await sendQuestion(message, answering('<html>')), { ok: false, error: 'NOT_JSON' })
    },
  },
]
