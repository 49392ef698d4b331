import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { optionsFrom } from '../../../src/adapters/environment.ts'
import { createMtlsFetch } from '../../../src/adapters/node.ts'
import { WECHAT_PAY_HOSTS } from '../../../src/cli/simulator/tls-certificate.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { type Program, runToEnd, startSimulator } from '../program.ts'

const run = promisify(execFile)

let folder: string
const running: Program[] = []
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  folder = join(parent, 'wechatpay')
  return () => rm(parent, { recursive: true })
})
afterEach(() => Promise.all(running.splice(0).map(program => program.stop())))

async function begin(...options: string[]): Promise<Program> {
  const program = await startSimulator(...options)
  running.push(program)
  return program
}
const file = (name: string) => readFile(join(folder, name), 'utf8')
const environment = async () => optionsFrom(parseEnv(await file('.env')))
const control = async (program: Program, path: string, body?: object) =>
  (
    await fetch(
      `${program.url}/simulator${path}`,
      body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    )
  ).json()

async function place(wechatpay: Wechatpay, out_trade_no: string) {
  const { mchid } = await environment()
  const order = { appid: 'wxd678efh567hg6787', mchid, out_trade_no, description: 'd', amount: { total: 100 } }
  return wechatpay.v3.pay.transactions.native.post({ ...order, notify_url: 'http://127.0.0.1:9/notify' })
}
async function tradeState(wechatpay: Wechatpay, out_trade_no: string) {
  const { mchid } = await environment()
  const order = wechatpay.v3.pay.transactions.outTradeNo._out_trade_no_
  return (await order.get({ out_trade_no, params: { mchid } })).data.trade_state
}

describe('wechatpay-edge simulator', () => {
  it('with the .env that it writes a client places an order, the shopper pays, each request on a line', async () => {
    const program = await begin('--folder', folder)
    const wechatpay = new Wechatpay(await environment())
    expect((await place(wechatpay, 'C-0001')).data.code_url).toMatch(/^weixin:/)
    expect(await control(program, '/pay', { out_trade_no: 'C-0001' })).toMatchObject({ trade_state: 'SUCCESS' })
    expect(await tradeState(wechatpay, 'C-0001')).toBe('SUCCESS')
    for (const path of ['status', 'orders', 'orders/C-0001']) await control(program, `/${path}`)
    await fetch(`${program.url}/v3/certificates?secret=1`)
    const requests = () => program.lines.filter(({ kind }) => kind === 'request')
    await expect.poll(requests).toMatchObject([
      { method: 'POST', path: '/v3/pay/transactions/native', status: 200, signature: 'valid' },
      { method: 'POST', path: '/simulator/pay', status: 200 },
      { method: 'GET', path: '/v3/pay/transactions/out-trade-no/C-0001', status: 200, signature: 'valid' },
      { method: 'GET', path: '/v3/certificates', status: 401, code: 'SIGN_ERROR', signature: 'absent' },
    ])
    const { apiv3Key, apiv2Key } = await environment()
    const shown = JSON.stringify(program.lines)
    for (const secret of ['PRIVATE', 'secret=1', apiv3Key!, apiv2Key!]) expect(shown).not.toContain(secret)
  })

  it("writes what a merchant downloads, as openssl reads it, for this user's eyes", async () => {
    await begin('--folder', folder, '--platform', 'both')
    const { mchid, serial, platformKeys = {} } = await environment()
    const names = (await readdir(folder)).sort()
    const [platform] = names.filter(name => name.startsWith('wechatpay_'))
    expect(names).toEqual(
      [
        '.env',
        '.gitignore',
        'apiclient_cert.p12',
        'apiclient_cert.pem',
        'apiclient_key.pem',
        'apiv2_key.txt',
        'apiclient_serial.txt',
        'apiv3_key.txt',
        'keys.json',
        'openid.txt',
        'pub_key.pem',
        'pub_key_id.txt',
        'simulator.json',
        'sub_mchid.txt',
        platform,
      ].sort(),
    )
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    const openssl = async (...args: string[]) => (await run('openssl', args, { cwd: folder })).stdout.trim()
    expect(await openssl('x509', '-in', 'apiclient_cert.pem', '-noout', '-serial')).toBe(`serial=${serial}`)
    expect(await openssl('x509', '-in', 'apiclient_cert.pem', '-noout', '-subject')).toMatch(
      new RegExp(`CN ?= ?${mchid}`),
    )
    expect(await openssl('x509', '-in', platform!, '-noout', '-serial')).toBe(`serial=${platform!.slice(10, -4)}`)
    expect(
      new X509Certificate(await file('apiclient_cert.pem')).checkPrivateKey(
        createPrivateKey(await file('apiclient_key.pem')),
      ),
    ).toBe(true)
    expect(await openssl('pkcs12', '-in', 'apiclient_cert.p12', '-passin', `pass:${mchid}`, '-nokeys')).toContain(
      'BEGIN CERTIFICATE',
    )
    expect(Object.entries(platformKeys)).toEqual([[await file('pub_key_id.txt'), (await file('pub_key.pem')).trim()]])
    expect(await file('pub_key_id.txt')).toMatch(/^PUB_KEY_ID_\d+$/)
    expect([(await file('apiv3_key.txt')).length, (await file('apiv2_key.txt')).length]).toEqual([32, 32])
  })

  it('goes on after a restart where it was, with the same keys', async () => {
    const state = join(folder, 'state.json')
    const first = await begin('--folder', folder, '--state', state)
    const before = await environment()
    await place(new Wechatpay(before), 'C-0002')
    await control(first, '/pay', { out_trade_no: 'C-0002' })
    expect(await first.stop()).toBe(0)
    await begin('--folder', folder, '--state', state)
    const after = await environment()
    expect({ ...after, baseUrl: '' }).toEqual({ ...before, baseUrl: '' })
    expect(await tradeState(new Wechatpay(after), 'C-0002')).toBe('SUCCESS')
  })

  it('killed, it loses nothing that was written, and what was written is whole', async () => {
    const state = join(folder, 'state.json')
    const first = await begin('--folder', folder, '--state', state)
    await place(new Wechatpay(await environment()), 'C-0003')
    await vi.waitFor(async () => expect(await readFile(state, 'utf8')).toContain('C-0003'), 30_000)
    expect(await first.stop('SIGKILL')).toBeNull()
    await begin('--folder', folder, '--state', state)
    expect(await tradeState(new Wechatpay(await environment()), 'C-0003')).toBe('NOTPAY')
  })

  it('over TLS, refunds of APIv2 are made with the client certificate and refused without', async () => {
    const program = await begin('--folder', folder, '--tls')
    const options = await environment()
    expect(program.url).toMatch(/^https:/)
    const ca = await file('ca.pem')
    const identity = { cert: await file('apiclient_cert.pem'), key: await file('apiclient_key.pem') }
    const [fetch, mtlsFetch] = [createMtlsFetch({ ca }), createMtlsFetch({ ca, ...identity })]
    const wechatpay = new Wechatpay({ ...options, fetch, mtlsFetch })
    await place(wechatpay, 'C-0004')
    await fetch(`${program.url}/simulator/pay`, {
      method: 'POST',
      body: '{"out_trade_no":"C-0004"}',
      headers: { 'content-type': 'application/json' },
    })
    const refund = (wechatpay: Wechatpay) =>
      wechatpay.v2.secapi.pay.refund.post({
        appid: 'wxd678efh567hg6787',
        mch_id: options.mchid,
        out_trade_no: 'C-0004',
        out_refund_no: 'R1',
        total_fee: 100,
        refund_fee: 30,
      })
    await expect(refund(new Wechatpay({ ...options, fetch, mtlsFetch: fetch }))).rejects.toMatchObject({ status: 400 })
    const stranger = { cert: await file('tls_cert.pem'), key: await file('tls_key.pem') }
    const strangers = createMtlsFetch({ ca, ...stranger })
    await expect(refund(new Wechatpay({ ...options, fetch, mtlsFetch: strangers }))).rejects.toMatchObject({
      status: 400,
    })
    expect((await refund(wechatpay)).data).toMatchObject({ result_code: 'SUCCESS', refund_fee: '30' })
  })

  it('keeps all keys, serials and ids in its folder, without a state, and no order', async () => {
    const names = ['apiclient_key.pem', 'apiclient_cert.pem', 'apiclient_serial.txt', 'apiv3_key.txt', 'apiv2_key.txt']
    const kept = async () =>
      Promise.all([...names, 'pub_key.pem', 'pub_key_id.txt', 'ca.pem', 'tls_key.pem', 'sub_mchid.txt'].map(file))
    const first = await begin('--folder', folder, '--tls')
    const before = await kept()
    const ca = await file('ca.pem')
    const clientFor = async () => new Wechatpay({ ...(await environment()), fetch: createMtlsFetch({ ca }) })
    await place(await clientFor(), 'C-0010')
    expect(await first.stop()).toBe(0)
    await begin('--folder', folder, '--tls')
    expect(await kept()).toEqual(before)
    const { serialNumber } = new X509Certificate(await file('apiclient_cert.pem'))
    expect(await file('apiclient_serial.txt')).toBe(serialNumber)
    await expect(tradeState(await clientFor(), 'C-0010')).rejects.toMatchObject({ serviceCode: 'ORDER_NOT_EXIST' })
  })

  it('keeps the keys, serials and mode of its folder, whichever platform key is asked for', async () => {
    const merchant = async () => [
      await file('apiclient_serial.txt'),
      await file('apiv3_key.txt'),
      await file('apiv2_key.txt'),
    ]
    const platform = async () => {
      const names = (await readdir(folder)).filter(name => /^(pub_key|wechatpay_)/.test(name)).sort()
      return Object.fromEntries(await Promise.all(names.map(async name => [name, await file(name)])))
    }
    await (await begin('--folder', folder)).stop()
    const keys = await merchant()
    const publicKey = await platform()
    await (await begin('--folder', folder, '--platform', 'certificate')).stop()
    const certificate = await platform()
    await (await begin('--folder', folder)).stop()
    expect(await platform()).toEqual(certificate)
    expect(Object.keys(certificate)).toEqual([expect.stringMatching(/^wechatpay_[0-9A-F]{40}\.pem$/)])
    await (await begin('--folder', folder, '--platform', 'both')).stop()
    expect(await platform()).toEqual({ ...publicKey, ...certificate })
    await (await begin('--folder', folder, '--platform', 'public-key')).stop()
    expect(await platform()).toEqual(publicKey)
    expect(await merchant()).toEqual(keys)
  })

  it('belongs to one merchant, unless another is forced upon it', async () => {
    await (await begin('--folder', folder, '--mchid', '1900000123', '--appid', 'wxa')).stop()
    const keys = await file('keys.json')
    for (const options of [
      ['--mchid', '1900000109'],
      ['--appid', 'wxb'],
    ]) {
      const { code, errors } = await runToEnd('simulator', '--port', '0', '--folder', folder, ...options)
      expect(code).toBe(1)
      expect(errors).toMatch(/ has the keys of merchant 1900000123 with appid wxa, not of .*--folder.*--force\.\n$/)
    }
    await (await begin('--folder', folder)).stop()
    expect(await file('keys.json')).toBe(keys)
    await (await begin('--folder', folder, '--mchid', '1900000109', '--force')).stop()
    expect(JSON.parse(await file('simulator.json'))).toMatchObject({ mchid: '1900000109', appid: 'wxd678efh567hg6787' })
  })

  it('does not give the folder of one merchant to the state of another', async () => {
    const state = join(folder, '..', 'state.json')
    await (await begin('--state', state, '--mchid', '1900000123')).stop()
    await (await begin('--folder', folder)).stop()
    const { code, errors } = await runToEnd('simulator', '--port', '0', '--folder', folder, '--state', state)
    expect([code, errors]).toEqual([1, expect.stringContaining('not of 1900000123')])
  })

  it('says when it serves, and names a sub-merchant and a shopper', async () => {
    const program = await begin('--folder', folder)
    const response = await fetch(`${program.url}/healthz`)
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    const facts = JSON.parse(await file('simulator.json'))
    expect(facts).toMatchObject({ sub_mchid: '1900000110', openid: expect.stringMatching(/^o/) })
    expect([await file('sub_mchid.txt'), await file('openid.txt')]).toEqual([facts.sub_mchid, facts.openid])
  })

  it('keeps its TLS certificate, so that whoever trusts it need not learn another', async () => {
    await (await begin('--folder', folder, '--tls')).stop()
    const before = [await file('ca.pem'), await file('tls_cert.pem')]
    // Without TLS in between, too.
    await (await begin('--folder', folder)).stop()
    await begin('--folder', folder, '--tls')
    expect([await file('ca.pem'), await file('tls_cert.pem')]).toEqual(before)
  })

  it('has a certificate for each host that the definitions or an SDK know WeChat Pay by', async () => {
    await begin('--folder', folder, '--tls')
    const certificate = new X509Certificate(await file('tls_cert.pem'))
    const hosts = new Set<string>()
    JSON.parse(await readFile('src/definitions/generated/openapi.json', 'utf8'), (name, value) => {
      if (name === 'servers') for (const { url } of value) hosts.add(new URL(url).hostname)
      return value
    })
    expect(hosts).toContain('fraud.mch.weixin.qq.com')
    for (const sdk of ['api.wechatpay.cn', 'api2.wechatpay.cn', 'api2.mch.weixin.qq.com', 'apius.mch.weixin.qq.com'])
      hosts.add(sdk)
    for (const host of hosts) expect([host, certificate.checkHost(host)]).toEqual([host, host])
    // The documents name them for the hosts file.
    for (const document of ['docs/simulator.md', 'docs/simulator.zh-CN.md']) {
      const text = await readFile(document, 'utf8')
      expect([...WECHAT_PAY_HOSTS].filter(host => !text.includes(host))).toEqual([])
    }
  })

  it('the same seed has the same keys', async () => {
    const keys = async () => {
      const { serial, privateKey, apiv3Key, apiv2Key, platformKeys } = await environment()
      return { serial, privateKey, apiv3Key, apiv2Key, platformKeys: Object.values(platformKeys!) }
    }
    await (await begin('--folder', folder, '--seed', 'a')).stop()
    const before = await keys()
    await begin('--folder', folder, '--seed', 'a')
    expect(await keys()).toEqual(before)
  })

  it('notifies by its own clock, and says so', async () => {
    const arrived: string[] = []
    const merchant = createServer((request, response) => {
      arrived.push(String(request.headers['wechatpay-serial']))
      response.writeHead(arrived.length > 1 ? 204 : 500).end()
    })
    await new Promise<void>(resolve => merchant.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/notify`
      const program = await begin('--folder', folder)
      const { mchid, ...options } = await environment()
      const wechatpay = new Wechatpay({ mchid, ...options })
      const order = { appid: 'wxd678efh567hg6787', mchid, out_trade_no: 'C-0005', description: 'd' }
      await wechatpay.v3.pay.transactions.native.post({ ...order, amount: { total: 1 }, notify_url: `${url}?x=1` })
      await control(program, '/pay', { out_trade_no: 'C-0005' })
      // Nobody asks: it goes out by itself.
      await vi.waitFor(() => expect(arrived).toHaveLength(1), 30_000)
      await control(program, '/advance', { ms: 15_000 })
      expect(arrived).toHaveLength(2)
      await expect
        .poll(() => program.lines.filter(({ kind }) => kind === 'notification'))
        .toMatchObject([
          { event: 'TRANSACTION.SUCCESS', status: 500, url },
          { event: 'TRANSACTION.SUCCESS', status: 204, url },
        ])
    } finally {
      merchant.close()
    }
  })

  it('continues notifications after a restart, before any request', async () => {
    const arrived: string[] = []
    const merchant = createServer((request, response) => {
      arrived.push(String(request.url))
      response.writeHead(arrived.length > 1 ? 204 : 500).end()
    })
    await new Promise<void>(resolve => merchant.listen(0, '127.0.0.1', resolve))
    try {
      const notify_url = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/notify`
      const state = join(folder, 'state.json')
      const first = await begin('--folder', folder, '--state', state)
      const { mchid, ...options } = await environment()
      const order = { appid: 'wxd678efh567hg6787', mchid, out_trade_no: 'C-0011', description: 'd', notify_url }
      await new Wechatpay({ mchid, ...options }).v3.pay.transactions.native.post({ ...order, amount: { total: 1 } })
      await control(first, '/pay', { out_trade_no: 'C-0011' })
      await control(first, '/settle', {})
      expect(arrived).toHaveLength(1)
      // A second before the next attempt, which is due after 15 seconds.
      await control(first, '/advance', { ms: 14_000 })
      await first.stop()
      await begin('--folder', folder, '--state', state)
      await vi.waitFor(() => expect(arrived).toHaveLength(2), 30_000)
    } finally {
      merchant.close()
    }
  })

  it('faults reach the wire', async () => {
    const program = await begin('--folder', folder)
    const wechatpay = new Wechatpay(await environment())
    await control(program, '/faults', { kind: 'cut-connection', count: 1 })
    await expect(place(wechatpay, 'C-0006')).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    await control(program, '/faults', { kind: 'cut-body', count: 1 })
    await expect(place(wechatpay, 'C-0007')).rejects.toMatchObject({ code: 'RESPONSE_CUT_SHORT' })
    expect((await place(wechatpay, 'C-0008')).status).toBe(200)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 at %s, though a client keeps its connection', async signal => {
    const program = await startSimulator()
    await control(program, '')
    expect([await program.stop(signal), program.errors()]).toEqual([0, ''])
  })
})

describe('what cannot be done is said in one line', () => {
  it.each([
    [['--prot', '1'], 2, /^Unknown option '--prot'\. Is --port meant\?/],
    [['--port', '65536'], 2, /^--port must be a number from 0 to 65535, not 65536/],
    [['--port', '-1'], 2, /--port/],
    [['--platform', 'none'], 2, /^--platform must be one of public-key, certificate, both, not "none"/],
    [['--namespace', 'a-'], 2, /^--namespace must be 1 to 63 letters, digits and -, with - at neither end, not "a-"/],
    [['--mchid', 'abc'], 2, /^--mchid must be eight to ten digits/],
    [['--tls', '--no-tls'], 2, /^Give either --tls or --no-tls/],
    [['--force'], 2, /--force requires --folder/],
    [['--host', '192.0.2.1'], 1, /^This machine has no address 192\.0\.2\.1/],
    [['--host', 'no-such-host.invalid'], 1, /no-such-host\.invalid/],
    [
      ['--folder', '/dev/null/x'],
      1,
      /^Cannot read \/dev\/null\/x\/simulator\.json: a part of the path is not a folder/,
    ],
    [['--state', '/dev/null/x'], 1, /^Cannot read \/dev\/null\/x/],
    [['--state', 'package.json'], 1, /^package\.json: The state cannot be restored/],
    [['--state', 'README.md'], 1, /^README\.md/],
  ])('%j: exit code %i', async (options, code, line) => {
    const { errors, ...rest } = await runToEnd('simulator', '--port', '0', ...options)
    expect(rest).toEqual({ code, out: '' })
    expect(errors).toMatch(line)
    expect(errors.trimEnd()).not.toContain('\n')
  })

  it('a port that is taken', async () => {
    const { url } = await begin()
    const { port } = new URL(url)
    const { code, errors } = await runToEnd('simulator', '--port', port)
    expect([code, errors]).toEqual([
      1,
      `Port ${port} is in use. Give another: --port ${Number(port) + 1}, or --port 0 for a free port.\n`,
    ])
  })

  it('a folder that holds the keys of somebody real', async () => {
    await (await begin('--folder', folder)).stop()
    await writeFile(join(folder, 'apiclient_key.pem'), 'a real key')
    const { code, errors } = await runToEnd('simulator', '--port', '0', '--folder', folder)
    expect([code, errors]).toEqual([1, expect.stringContaining('has apiclient_key.pem')])
    expect(await file('apiclient_key.pem')).toBe('a real key')
  })

  it('a state of another merchant', async () => {
    const state = join(folder, 'state.json')
    await (await begin('--state', state)).stop()
    const { code, errors } = await runToEnd('simulator', '--port', '0', '--state', state, '--mchid', '1230000109')
    expect([code, errors]).toEqual([1, expect.stringMatching(/mchid is "1900000109", not "1230000109"/)])
  })
})
