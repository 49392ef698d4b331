import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, runToEnd, startGateway, startSimulator } from './program.ts'

// `wechatpay-edge serve` before `wechatpay-edge simulator`, as a newcomer starts them: two processes, real HTTP.

let folder: string
let simulator: Program
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  simulator = await startSimulator('--folder', folder)
})
afterAll(async () => {
  await simulator.stop()
  await rm(folder, { recursive: true, force: true })
})

async function tokenOf(): Promise<{ token: string; hash: string }> {
  return JSON.parse((await runToEnd('token', '--json')).out)
}

describe('wechatpay-edge serve', () => {
  it('signs a call, takes its notification in, and goes on where it was killed', async () => {
    const { token, hash } = await tokenOf()
    const admin = await tokenOf()
    const environment = { GATEWAY_TOKEN: hash, GATEWAY_ADMIN_TOKEN: admin.hash }
    let gateway = await startGateway(folder, environment)
    const { mchid, appid } = (await (await fetch(`${simulator.url}/simulator`)).json()) as {
      mchid: string
      appid: string
    }
    const order = {
      mchid,
      appid,
      out_trade_no: 'serve-1',
      description: '茶',
      amount: { total: 1 },
      notify_url: `${gateway.url}/notify/${mchid}`,
    }
    const placed = await fetch(`${gateway.url}/v3/pay/transactions/native`, {
      ...{ method: 'POST', body: JSON.stringify(order) },
      headers: { authorization: `Bearer ${token}` },
    })
    expect([placed.status, await placed.json()]).toEqual([200, { code_url: expect.stringMatching(/^weixin:/) }])
    await fetch(`${simulator.url}/simulator/pay`, { method: 'POST', body: JSON.stringify({ out_trade_no: 'serve-1' }) })
    await fetch(`${simulator.url}/simulator/settle`, { method: 'POST', body: '{}' })
    const events = async () => {
      const response = await fetch(`${gateway.url}/admin/merchants/${mchid}/events`, {
        headers: { authorization: `Bearer ${admin.token}` },
      })
      return ((await response.json()) as { events: unknown[] }).events
    }
    await expect.poll(events, { timeout: 10_000 }).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
    expect(gateway.lines.find(({ event }) => event === 'call')).toMatchObject({ caller: 'default', status: 200 })
    expect(JSON.stringify(gateway.lines)).not.toContain(token)
    await gateway.stop('SIGKILL')
    gateway = await startGateway(folder, environment)
    expect(await events()).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
    expect(await gateway.stop()).toBe(0)
  }, 60_000)

  it('names all that is wrong with its configuration, a line each, and ends', async () => {
    const { code, errors } = await runToEnd('serve', '--env', join(folder, '.env'), '--port', '0')
    expect([code, errors]).toEqual([1, expect.stringContaining('GATEWAY_TOKEN')])
    expect(errors).toContain('npx wechatpay-edge token')
  })

  it('takes callers and endpoints from a file, and names the one that it cannot read, or a port that is none', async () => {
    const config = join(folder, 'gateway.json')
    await writeFile(config, '{ "callers": [{ "name": "shop" }] }')
    const wrong = await runToEnd('serve', '--env', join(folder, '.env'), '--config', config)
    expect(wrong.errors).toContain('GATEWAY_CONFIG.callers[0]')
    const missing = await runToEnd('serve', '--config', join(folder, 'none.json'))
    expect([missing.code, missing.errors]).toEqual([1, expect.stringContaining('none.json cannot be read (ENOENT)')])
    expect((await runToEnd('serve', '--env', join(folder, '.env'), '--port', 'x')).code).toBeGreaterThan(0)
  })
})
