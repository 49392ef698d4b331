import { describe, expect, it } from 'vitest'
import { decryptEcb, decryptGcm, importEcbKey, importGcmKey } from '../../../src/core/crypto/aes.ts'
import { md5 } from '../../../src/core/crypto/digest.ts'
import { importPublicKey } from '../../../src/core/crypto/keys.ts'
import { verify } from '../../../src/core/crypto/rsa.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

/** The same in every runtime: what a notification needs of WebCrypto, and of timers. */
async function setUp(status = 204) {
  const received: { headers: Headers; body: string }[] = []
  const simulator = await createSimulator({
    seed: 'portable',
    deliver: async (_, init) => {
      received.push({ headers: new Headers(init!.headers), body: String(init!.body) })
      return new Response(null, { status })
    },
  })
  return { simulator, received }
}

const url = 'https://merchant.example/notify'
const publicKey = ({ merchant }: Simulator) => importPublicKey(Object.values(merchant.platformKeys)[0]!, 'key', crypto)

describe('in this runtime too', () => {
  it('encrypts, signs and retries an APIv3 notification, and knows it after a restart', async () => {
    const { simulator, received } = await setUp(500)
    const resource = { out_trade_no: 'order-1', description: '商品' }
    await simulator.notify.send({ url, event: 'TRANSACTION.SUCCESS', resource })
    await simulator.advance(15_000)
    expect(received).toHaveLength(2)
    for (const { headers, body } of received) {
      const message = `${headers.get('wechatpay-timestamp')}\n${headers.get('wechatpay-nonce')}\n${body}\n`
      const { verify: key } = await publicKey(simulator)
      expect(await verify(message, headers.get('wechatpay-signature')!, key)).toBe(true)
      const gcmKey = await importGcmKey(simulator.merchant.apiv3Key)
      expect(JSON.parse(await decryptGcm(JSON.parse(body).resource, gcmKey))).toEqual(resource)
    }
    const again = await createSimulator({ state: simulator.snapshot() })
    expect(again.notifications).toEqual(simulator.notifications)
    expect(again.merchant).toEqual(simulator.merchant)
  })

  it('encrypts an APIv2 refund notification', async () => {
    const { simulator, received } = await setUp()
    await simulator.notify.send({ api: 'v2', url, event: 'refund-processed', resource: { refund_id: '5030' } })
    const [, req_info] = /<req_info><!\[CDATA\[(.*?)\]\]>/.exec(received[0]!.body)!
    const key = await importEcbKey(md5(simulator.merchant.apiv2Key))
    expect(await decryptEcb(req_info!, key)).toBe('<root><refund_id><![CDATA[5030]]></refund_id></root>')
  })

  it('cuts a response within its body', async () => {
    const { simulator } = await setUp()
    simulator.faults.add({ kind: 'cut-body' })
    const response = await simulator.fetch('https://x.example/v3/certificates')
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(20)
    await expect(response.text()).rejects.toThrow()
  })

  it('ends a delay', async () => {
    const { simulator } = await setUp()
    simulator.faults.add({ kind: 'delay', ms: 1 })
    expect((await simulator.fetch('https://x.example/v3/certificates')).status).toBe(400)
  })
})
