import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Program, runToEnd, startGateway, startSimulator } from './program.ts'

// `wechatpay-edge serve` with the .env that `wechatpay-edge simulator --platform both` writes: two processes, real HTTP.

let folder: string
let simulator: Program
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  simulator = await startSimulator('--folder', folder, '--platform', 'both')
})
afterAll(async () => {
  await simulator.stop()
  await rm(folder, { recursive: true, force: true })
})

const tokenOf = async (): Promise<{ token: string; hash: string }> =>
  JSON.parse((await runToEnd('token', '--json')).out)

async function control(path: string, body?: object) {
  const headers = { 'content-type': 'application/json' }
  const init = body && { method: 'POST', body: JSON.stringify(body), headers }
  const response = await fetch(`${simulator.url}/simulator${path}`, init)
  const text = await response.text()
  expect(response.ok, text).toBe(true)
  return text && JSON.parse(text)
}

it('a payment is placed, notified and recorded at every stage of the switch, and on the way back', async () => {
  const [caller, admin] = [await tokenOf(), await tokenOf()]
  const gateway = await startGateway(folder, { GATEWAY_TOKEN: caller.hash, GATEWAY_ADMIN_TOKEN: admin.hash })
  const { mchid, appid } = await control('')
  const stages = [
    { stage: 'stopped', share: 0 },
    { stage: 'started', share: 0.001 },
    { stage: 'started', share: 0.5 },
    { stage: 'started', share: 1 },
    { stage: 'done', share: 1 },
    { stage: 'stopped', share: 0 },
  ]
  const verifiers: (string | null)[] = []
  for (const [at, keySwitch] of stages.entries()) {
    await control('/key-switch', keySwitch)
    for (const number of ['a', 'b']) {
      const order = {
        mchid,
        appid,
        out_trade_no: `switch-${at}-${number}`,
        description: '茶',
        amount: { total: 1 },
        notify_url: `${gateway.url}/notify/${mchid}`,
      }
      const placed = await fetch(`${gateway.url}/v3/pay/transactions/native`, {
        method: 'POST',
        body: JSON.stringify(order),
        headers: { authorization: `Bearer ${caller.token}`, 'content-type': 'application/json' },
      })
      expect([keySwitch, placed.status, await placed.text()]).toEqual([
        keySwitch,
        200,
        expect.stringMatching(/weixin:/),
      ])
      verifiers.push(placed.headers.get('wechatpay-edge-verified-by'))
      await control('/pay', { out_trade_no: order.out_trade_no })
      await control('/settle', {})
    }
  }
  const response = await fetch(`${gateway.url}/admin/merchants/${mchid}/events?limit=100`, {
    headers: { authorization: `Bearer ${admin.token}` },
  })
  const { events } = (await response.json()) as { events: unknown[] }
  expect(events).toHaveLength(2 * stages.length)
  // No notification had to come a second time.
  const sent = (await control('/notifications')) as { attempts: { status: number }[] }[]
  expect(sent.map(({ attempts }) => attempts.map(({ status }) => status))).toEqual(Array(2 * stages.length).fill([204]))
  expect(verifiers.slice(0, 2)).toEqual(verifiers.slice(-2))
  expect(new Set(verifiers).size).toBe(2)
  const journal = (await control('/journal')) as { url: string }[]
  expect(journal.filter(({ url }) => url === '/v3/certificates')).toHaveLength(1)
  expect(await gateway.stop()).toBe(0)
})
