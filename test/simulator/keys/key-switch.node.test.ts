import { createVerify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSimulatorMount } from '../../../src/simulator/control/mount.ts'
import { createSimulator, type PlatformMode, type SimulatorOptions } from '../../../src/simulator/index.ts'
import { certificates, isSigned, v3 } from '../node-client.ts'

// Judged by node:crypto: which key signed what at which stage of the switch to the public key.

const QUERY = '/v3/pay/transactions/out-trade-no/none-such?mchid=1900000109'

/** A simulator with both kinds of key, and for each notification that it sends the id of the key that signed it. */
async function setUp(options: SimulatorOptions = {}) {
  const signers: string[] = []
  const simulator = await createSimulator({
    platform: 'both',
    seed: 'key-switch',
    async deliver(input, init) {
      const request = new Request(input, init)
      const body = await request.text()
      const part = (name: string) => request.headers.get(`wechatpay-${name}`)!
      const fits = ([, pem]: [string, string]) =>
        createVerify('sha256')
          .update(`${part('timestamp')}\n${part('nonce')}\n${body}\n`)
          .verify(pem, part('signature'), 'base64')
      const [id] = Object.entries({ ...simulator.merchant.platformKeys, ...pems }).find(fits) ?? ['nobody']
      expect(part('serial')).toBe(id)
      signers.push(id)
      return new Response(null, { status: 204 })
    },
    ...options,
  })
  const pems = simulator.certificates
  const [publicKeyId] = Object.keys(simulator.merchant.platformKeys) as [string]
  const notify = async (count: number) => {
    signers.length = 0
    for (let time = 0; time < count; time++)
      await simulator.notify.send({ url: 'https://shop.example/notify', event: 'TRANSACTION.SUCCESS' })
    return signers.filter(id => id === publicKeyId).length
  }
  return { simulator, publicKeyId, notify }
}

describe('the switch from platform certificates to the public key', () => {
  it.each([
    [0, 0],
    [0.001, 0],
    [0.01, 1],
    [0.05, 5],
    [0.1, 10],
    [0.2, 20],
    [0.5, 50],
    [1, 100],
  ])('of which the share is %d has the public key sign %d of 100 notifications', async (share, count) => {
    const { simulator, notify } = await setUp()
    simulator.setKeySwitch({ stage: 'started', share })
    expect(await notify(100)).toBe(count)
  })

  it('signs by certificate while it is stopped, also the response to a request that names the public key', async () => {
    const { simulator, publicKeyId, notify } = await setUp()
    simulator.setKeySwitch({ stage: 'stopped', share: 1 })
    const response = await v3(simulator, 'GET', QUERY, { headers: { 'Wechatpay-Serial': publicKeyId } })
    const [certificate] = (await certificates(simulator)).list
    expect(response.headers.get('wechatpay-serial')).toBe(certificate!.serial_no)
    expect([isSigned(response, certificate!.pem), await notify(4)]).toEqual([true, 0])
  })

  it('signs everything with the public key once it is done, until it is stopped again', async () => {
    const { simulator, publicKeyId, notify } = await setUp()
    const before = await certificates(simulator)
    simulator.setKeySwitch({ stage: 'done', share: 0 })
    const list = await v3(simulator, 'GET', '/v3/certificates')
    expect([list.status, list.json.code, list.headers.get('wechatpay-serial')]).toEqual([
      404,
      'RESOURCE_NOT_EXISTS',
      publicKeyId,
    ])
    expect([await notify(3), Object.keys(simulator.certificates)]).toEqual([3, []])
    await expect(simulator.rotate()).rejects.toThrow(/no platform certificate/)
    simulator.setKeySwitch({ stage: 'stopped', share: 0 })
    const after = await certificates(simulator)
    expect(after.list.map(one => one.serial_no)).toEqual(before.list.map(one => one.serial_no))
  })

  it('continues from a snapshot', async () => {
    const { simulator } = await setUp()
    expect(simulator.keySwitch).toEqual({ stage: 'started', share: 0.5 })
    simulator.setKeySwitch({ stage: 'started', share: 0.2 })
    expect((await createSimulator({ state: simulator.snapshot() })).keySwitch).toEqual({ stage: 'started', share: 0.2 })
  })

  it.each<PlatformMode>(['public-key', 'certificate'])('is nothing for a merchant in mode %s', async platform => {
    const simulator = await createSimulator({ platform })
    expect(() => simulator.setKeySwitch({ stage: 'started', share: 1 })).toThrow(/platform "both"/)
  })

  it('is set over HTTP, and refuses a share out of range', async () => {
    const { simulator } = await setUp()
    const mount = createSimulatorMount(simulator)
    const ask = async (body?: object) => {
      const init = body && {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }
      const response = await mount(new Request('http://localhost/simulator/key-switch', init))
      return [response.status, await response.json()]
    }
    expect(await ask({ stage: 'started', share: 0.001 })).toEqual([200, { stage: 'started', share: 0.001 }])
    expect(await ask({ stage: 'stopped' })).toEqual([200, { stage: 'stopped', share: 0.001 }])
    expect(await ask()).toEqual([200, simulator.keySwitch])
    for (const wrong of [{ stage: 'begun' }, { stage: 'started', share: 1.1 }, { stage: 'started', share: '1' }, {}])
      expect(await ask(wrong)).toEqual([400, expect.objectContaining({ code: 'PARAM_ERROR' })])
  })
})
