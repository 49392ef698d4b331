import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

// Two documented paths end with a slash: https://pay.weixin.qq.com/doc/v3/partner/4012719997 (特约商户进件) and 二级商户进件.

let simulator: Simulator
let wxpay: Wechatpay
beforeAll(async () => {
  simulator = await createSimulator()
  wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
})

/** The simulator verifies the signature over the URL as it arrived; that the body lacks all fields comes after that. */
async function arrived(
  call: () => Promise<unknown>,
): Promise<[url: string, signature: string, code: string | undefined]> {
  await call().catch(() => {})
  const { url, signature, code } = simulator.journal.at(-1)!
  return [url, signature, code]
}

describe('a documented path that ends with a slash', () => {
  const spellings: [spelling: string, call: () => Promise<unknown>][] = [
    ['a chain', () => wxpay.v3.applyment4sub.applyment.post({} as never)],
    ['a path', () => wxpay.chain('v3/applyment4sub/applyment').post({} as never)],
    ['a path with its slash', () => wxpay.chain('v3/applyment4sub/applyment/').post({} as never)],
    ['a property', () => wxpay['v3/applyment4sub/applyment'].post({} as never)],
    ['a property with its slash', () => wxpay['v3/applyment4sub/applyment/'].post({} as never)],
    ['request', () => wxpay.request('post', 'v3/applyment4sub/applyment', { body: {} })],
    ['request with its slash', () => wxpay.request('POST', '/v3/applyment4sub/applyment/', { body: {} })],
  ]
  it.each(spellings)('is called and signed with it, however it is written: %s', async (_, call) => {
    expect(await arrived(call)).toEqual(['/v3/applyment4sub/applyment/', 'valid', 'PARAM_ERROR'])
  })

  it('encrypts what its definition has encrypted, and keeps the query of the other', async () => {
    const encrypted = { contact_info: { contact_name: '张三' } }
    await wxpay.v3.applyment4sub.applyment.post(encrypted as never).catch(() => {})
    expect(simulator.journal.at(-1)!.signedText).not.toContain('张三')
    expect(simulator.journal.at(-1)!.signedText).toMatch(/"contact_name":"[\w+/]{300,}/)
    const applied = () => wxpay.v3.ecommerce.applyments.post({} as never)
    expect(await arrived(applied)).toEqual(['/v3/ecommerce/applyments/', 'valid', 'PARAM_ERROR'])
    const queried = () => wxpay.v3.ecommerce.applyments._applyment_id_.get({ applyment_id: 7 })
    // Its signature is valid, and no applyment has that id.
    expect(await arrived(queried)).toEqual(['/v3/ecommerce/applyments/7', 'valid', 'RESOURCE_NOT_EXISTS'])
    expect(simulator.journal.at(-1)!.status).toBe(404)
  })

  it.each(['', '/'])('is served by the simulator with %j at its end, as `fetch` sends it', async end => {
    const url = `https://api.mch.weixin.qq.com/v3/ecommerce/applyments${end}`
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect(await arrived(() => wxpay.fetch(url, init))).toEqual([
      `/v3/ecommerce/applyments${end}`,
      'valid',
      'PARAM_ERROR',
    ])
  })

  it.each(['/v3/ecommerce/applyments', '/v3/ecommerce/applyments/'])('meets a fault of %s', async path => {
    const id = simulator.faults.add({ kind: 'status', status: 500, path, count: 1 })
    const placed = () => wxpay.v3.ecommerce.applyments.post({} as never, { retry: false })
    expect(await arrived(placed)).toEqual(['/v3/ecommerce/applyments/', expect.anything(), 'SYSTEM_ERROR'])
    simulator.faults.clear(id)
  })

  it('is no licence for a slash anywhere else', async () => {
    const asked = () => wxpay.fetch('https://api.mch.weixin.qq.com/v3/certificates/')
    expect(await arrived(asked)).toEqual(['/v3/certificates/', 'valid', 'RESOURCE_NOT_EXISTS'])
    await expect(wxpay.v3.ecommerce.applyments._applyment_id_.get({ applyment_id: '' })).rejects.toThrow(/another path/)
  })
})
