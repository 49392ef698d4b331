import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
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
  it.each([
    ['a serial that is not the certificate’s', { WECHATPAY_SERIAL: 'ABCD' }, 'key_pair', /Leave "serial" out/],
    [
      'a certificate of another merchant',
      { WECHATPAY_MCHID: '1900000999' },
      'certificate',
      /issued to the merchant \d+, not/,
    ],
    ['no APIv3 key', { WECHATPAY_APIV3_KEY: '' }, 'apiv3_key', /notifications cannot be decrypted/],
  ])('warns when it starts with %s, and /healthz is not ok', async (_, variables, kind, detail) => {
    const { hash } = await tokenOf()
    const gateway = await startGateway(folder, { GATEWAY_TOKEN: hash, ...variables })
    try {
      const health = (await (await fetch(`${gateway.url}/healthz`)).json()) as { status: string }
      expect(health.status).not.toBe('ok')
      expect(gateway.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', event: 'configuration', kind, detail: expect.stringMatching(detail) }),
      )
    } finally {
      await gateway.stop()
    }
  })

  it('warns of nothing when it starts with keys that fit', async () => {
    const [{ hash }, admin] = await Promise.all([tokenOf(), tokenOf()])
    const gateway = await startGateway(folder, { GATEWAY_TOKEN: hash, GATEWAY_ADMIN_TOKEN: admin.hash })
    await fetch(`${gateway.url}/healthz`)
    await gateway.stop()
    expect(gateway.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('warns once, before the line that says where it serves, when nobody may operate it', async () => {
    const { hash } = await tokenOf()
    const gateway = await startGateway(folder, { GATEWAY_TOKEN: hash })
    await fetch(`${gateway.url}/healthz`)
    await gateway.stop()
    expect(gateway.lines.slice(0, 2)).toEqual([
      expect.objectContaining({ level: 'warn', event: 'configuration', kind: 'GATEWAY_ADMIN_TOKEN' }),
      expect.objectContaining({ event: 'started', url: gateway.url }),
    ])
    expect(gateway.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('warns of a misspelt variable right before the line that says where it serves, behind all other warnings', async () => {
    const { hash } = await tokenOf()
    const gateway = await startGateway(folder, {
      GATWAY_ADMIN_TOKEN: hash,
      GATEWAY_TOKEN: hash,
      WECHATPAY_APIV3_KEY: '',
    })
    await gateway.stop()
    const started = gateway.lines.findIndex(({ event }) => event === 'started')
    expect(gateway.lines.slice(0, started).map(({ kind }) => kind)).toEqual([
      'apiv3_key',
      'GATEWAY_ADMIN_TOKEN',
      'GATWAY_ADMIN_TOKEN',
    ])
    expect(gateway.lines[started - 1]).toMatchObject({
      level: 'warn',
      detail:
        'not read, and GATEWAY_ADMIN_TOKEN is not set, so that its token is refused unless GATEWAY_CONFIG has it. If GATEWAY_ADMIN_TOKEN is meant, rename it',
    })
  })

  it('does not start when nobody may call it, and names the misspelt variable that would let somebody', async () => {
    const { hash } = await tokenOf()
    const env = await readFile(join(folder, '.env'), 'utf8')
    await writeFile(join(folder, 'misspelt.env'), `${env}\nGATWAY_TOKEN=${hash}\n`)
    const { code, errors } = await runToEnd('serve', '--env', join(folder, 'misspelt.env'), '--port', '0')
    const [missing, misspelt] = errors.trim().split('\n')
    expect([code, missing]).toEqual([
      1,
      expect.stringMatching(/^GATEWAY_TOKEN: missing, .* nobody can use the gateway\./),
    ])
    expect(misspelt).toBe('GATWAY_TOKEN: not read, and GATEWAY_TOKEN is not set. If GATEWAY_TOKEN is meant, rename it.')
    expect(errors).not.toContain(hash)
  })

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
      method: 'POST',
      body: JSON.stringify(order),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    expect([placed.status, await placed.json()]).toEqual([200, { code_url: expect.stringMatching(/^weixin:/) }])
    await fetch(`${simulator.url}/simulator/pay`, {
      method: 'POST',
      body: JSON.stringify({ out_trade_no: 'serve-1' }),
      headers: { 'content-type': 'application/json' },
    })
    await fetch(`${simulator.url}/simulator/settle`, { method: 'POST' })
    const events = async () => {
      const response = await fetch(`${gateway.url}/admin/merchants/${mchid}/events`, {
        headers: { authorization: `Bearer ${admin.token}` },
      })
      return ((await response.json()) as { events: unknown[] }).events
    }
    await expect.poll(events).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
    expect(gateway.lines.find(({ event }) => event === 'call')).toMatchObject({ caller: 'default', status: 200 })
    expect(JSON.stringify(gateway.lines)).not.toContain(token)
    await gateway.stop('SIGKILL')
    gateway = await startGateway(folder, environment)
    expect(await events()).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
    expect(await gateway.stop()).toBe(0)
  })

  it('prints at the debug level what a call says, without what is anybody’s own', async () => {
    const { token, hash } = await tokenOf()
    const gateway = await startGateway(folder, { GATEWAY_TOKEN: hash, GATEWAY_LOG: 'debug' })
    const { mchid, appid } = (await (await fetch(`${simulator.url}/simulator`)).json()) as Record<string, string>
    const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
    const order = {
      mchid,
      appid,
      out_trade_no: 'serve-debug',
      description: '张三补习费',
      amount: { total: 1 },
      payer: { openid },
      notify_url: 'https://example.com/notify/4f6c',
      scene_info: { payer_client_ip: '14.23.150.211' },
    }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const call = (method: string, path: string, body?: string) =>
      fetch(gateway.url + path, { method, headers, ...(body && { body }) })
    expect((await call('POST', '/v3/pay/transactions/jsapi', JSON.stringify(order))).status).toBe(200)
    await call('GET', `/v3/marketing/favor/users/${openid}/coupons?appid=${appid}`)
    await expect.poll(() => gateway.lines.filter(({ event }) => event === 'call').length).toBe(2)
    await gateway.stop()
    const text = JSON.stringify(gateway.lines)
    for (const shown of ['serve-debug', '"total":1', '/v3/marketing/favor/users/[redacted]/coupons', appid])
      expect(text).toContain(shown)
    for (const hidden of [openid, '张三', '14.23.150.211', '4f6c', token]) expect(text).not.toContain(hidden)
  })

  it('writes no line below the level of GATEWAY_LOG, its own neither', async () => {
    const [{ hash }, admin] = await Promise.all([tokenOf(), tokenOf()])
    const port = await freePort()
    const files = ['--env', join(folder, '.env'), '--data', join(folder, 'quiet.db')]
    const child = spawn(process.execPath, ['src/cli/main.ts', 'serve', '--port', String(port), ...files], {
      env: { ...process.env, GATEWAY_TOKEN: hash, GATEWAY_ADMIN_TOKEN: admin.hash, GATEWAY_LOG: 'warn' },
    })
    let output = ''
    let errors = ''
    child.stderr.on('data', data => {
      errors += data
    })
    child.stdout.on('data', data => {
      output += data
    })
    const isServing = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ status }) => `${status}`,
        () => errors,
      )
    await expect.poll(isServing).toBe('200')
    child.kill('SIGINT')
    expect((await once(child, 'close'))[0]).toBe(0)
    expect(output).toBe('')
  })

  it('tells the port that --port 0 found, whatever the level of GATEWAY_LOG', async () => {
    const { hash } = await tokenOf()
    const files = ['--env', join(folder, '.env'), '--data', join(folder, 'warn.db')]
    const child = spawn(process.execPath, ['src/cli/main.ts', 'serve', '--port', '0', ...files], {
      env: { ...process.env, GATEWAY_TOKEN: hash, GATEWAY_LOG: 'warn' },
    })
    const [line] = (await once(createInterface(child.stderr), 'line')) as [string]
    const [, url] = /^Serving at (http:\S+)$/.exec(line) ?? []
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  it('names the file and the line of a configuration that is not JSON', async () => {
    const config = join(folder, 'broken.json')
    const run = () => runToEnd('serve', '--env', join(folder, '.env'), '--config', config)
    await writeFile(config, '{\n  "callers": [],\n  "endpoints": [}\n}\n')
    expect((await run()).errors).toMatch(/broken\.json is not JSON: see line 3\. Correct/)
    await writeFile(config, '{\n  "callers": [')
    expect((await run()).errors).toMatch(/broken\.json is not JSON: see line 2, where the file ends\./)
  })

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
    expect([missing.code, missing.errors]).toEqual([1, expect.stringMatching(/The file .*none\.json does not exist/)])
    expect((await runToEnd('serve', '--env', join(folder, '.env'), '--port', 'x')).code).toBeGreaterThan(0)
  })
})
