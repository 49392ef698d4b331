import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Listening, listen } from '../../../src/cli/simulator/server.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { runCommand, startRecorder } from './test-recorder.ts'

let simulator: Simulator
let server: Listening
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'record' })
  server = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map(close => close())))

async function serve(listener: RequestListener): Promise<string> {
  return portOf(createServer(listener))
}
async function portOf(created: Server): Promise<string> {
  await new Promise<void>(resolve => created.listen(0, '127.0.0.1', resolve))
  closing.push(() => created.close())
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`
}

/** Makes the calls of a shop: orders and refunds of both APIs, queries, a mistake, a bill. */
async function runShop(baseUrl: string, prefix: string): Promise<void> {
  const { mchid, appid } = simulator.merchant
  const client = new Wechatpay({ ...simulator.merchant, baseUrl, retry: false })
  const order = (n: number) => ({
    appid,
    mchid,
    out_trade_no: `${prefix}-000${n}`,
    description: 'Tea',
    notify_url: 'https://shop.example/notify',
    amount: { total: 100 + n },
  })
  const { v3, v2 } = client
  for (const n of [1, 2]) {
    await v3.pay.transactions.native.post(order(n))
    simulator.pay({ out_trade_no: order(n).out_trade_no })
    await v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no: `${prefix}-000${n}`, params: { mchid } })
  }
  const refund = {
    out_trade_no: `${prefix}-0001`,
    out_refund_no: `${prefix}-R1`,
    amount: { refund: 50, total: 101, currency: 'CNY' },
  }
  await v3.refund.domestic.refunds.post(refund)
  await v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: `${prefix}-R1` })
  await expect(v3.pay.transactions.native.post({ ...order(1), amount: { total: 999 } })).rejects.toThrow()
  await v3.pay.transactions.native.post(order(3))
  await v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { out_trade_no: `${prefix}-0003` })
  const { appid: _, mchid: __, ...old } = { ...order(4), amount: undefined, description: undefined }
  await v2.pay.unifiedorder.post({
    appid,
    mch_id: mchid,
    out_trade_no: old.out_trade_no,
    notify_url: old.notify_url,
    body: 'Tea',
    total_fee: 100,
    spbill_create_ip: '127.0.0.1',
    trade_type: 'NATIVE',
  })
  await v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no: old.out_trade_no })
}

describe('a program that calls through the recorder', () => {
  it('works as without it, and a recording of the simulator differs from no other and from no replay', async () => {
    const texts: string[] = []
    await using first = await startRecorder(server.url)
    await runShop(first.url, 'SHOP-A')
    texts.push(await first.stop())
    await using second = await startRecorder(server.url)
    await runShop(second.url, 'SHOP-B')
    texts.push(await second.stop())
    for (const text of texts) expect(text.trim().split('\n')).toHaveLength(12)
    expect((await stat(first.file)).mode & 0o777).toBe(0o600)
    expect(await runCommand('diff', first.file, second.file)).toEqual({
      code: 0,
      out: expect.stringMatching(/^No difference in \d+ endpoints\.$/),
      errors: '',
    })
    expect(await runCommand('diff', first.file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No difference in 7/),
    })
    // Changed as a service that differs would respond: a type, a listed value, a field that is missing, a code.
    const changed = texts[0]!
      .replace('"code_url":{"type":"string"', '"code_url":{"type":"array","items":[],"was":"string"')
      .replaceAll('"trade_state_desc":', '"trade_state_text":')
    const other = `${first.file}.changed`
    await writeFile(other, changed)
    const { code, out, errors } = await runCommand('diff', other, second.file)
    expect([code, errors]).toEqual([1, expect.stringMatching(/^5 differences in 7 endpoints/)])
    expect(out).toContain('POST /v3/pay/transactions/native  200\n  /code_url\n')
    expect(out).toContain('/trade_state_desc\n')
  })

  it('keeps secrets and personal data out of the file and off the terminal, wherever they stand', async () => {
    const canaries: string[] = []
    const canary = (): string => {
      const text = `${randomBytes(9).toString('hex')}张三`
      canaries.push(text.slice(0, 18))
      return text
    }
    const ascii = (): string => canary().slice(0, 18)
    const [responseName, header] = [ascii(), ascii()]
    const target = await serve((incoming, outgoing) => {
      incoming.resume().on('end', () => {
        const body = {
          code: ascii().toUpperCase(),
          message: canary(),
          trade_state: ascii(),
          [responseName]: { payer: canary() },
        }
        canaries.push(body.code)
        outgoing.writeHead(Number(/status=(\d+)/.exec(incoming.url!)?.[1] ?? 200), {
          [`X-${header}`]: ascii(),
          'Set-Cookie': ascii(),
        })
        outgoing.end(JSON.stringify({ ...body, amount: { total: 41_907_331 }, list: [canary(), [canary()]] }))
      })
    })
    await using recorder = await startRecorder(target)
    const requests: [method: string, path: string, body?: string][] = [
      ['GET', `/v3/pay/transactions/out-trade-no/${ascii()}?mchid=${ascii()}&${ascii()}=1`],
      [
        'POST',
        '/v3/pay/transactions/native',
        JSON.stringify({ [ascii()]: 1, appid: canary(), payer: { openid: ascii() } }),
      ],
      ['POST', '/v3/pay/transactions/native?status=400', JSON.stringify([canary()])],
      ['POST', `/v3/${ascii()}/pay`, `name=${ascii()}`],
      ['POST', '/pay/unifiedorder', `<xml><sign>${ascii()}</sign><x${ascii()}>${ascii()}</x${responseName}></xml>`],
      ['POST', '/pay/orderquery', `<xml><sign>${ascii()}</sign><a${responseName}>${canary()}</a${responseName}></xml>`],
      ['GET', `/${ascii()}`],
    ]
    for (const [method, path, body] of requests) {
      const headers = {
        Authorization: `WECHATPAY2-SHA256-RSA2048 signature="${ascii()}"`,
        [`X-${ascii()}`]: ascii(),
        Cookie: ascii(),
      }
      await (await fetch(recorder.url + path, { method, headers, ...(body && { body }) })).text()
    }
    const text = await recorder.stop()
    expect(text.trim().split('\n')).toHaveLength(requests.length + 1)
    expect(canaries.length).toBeGreaterThan(50)
    // The digits of a port may be those of an amount.
    const said = recorder.said().replaceAll(/127\.0\.0\.1:\d+/g, '')
    for (const secret of [...canaries, '张三', '41907331', '419']) {
      expect(text).not.toContain(secret)
      expect(said).not.toContain(secret)
    }
  })

  it('records a word that the user allows, which is a new value of the service', async () => {
    const target = await serve((_, outgoing) => void outgoing.end('{"trade_state":"HELD","new_field":"x"}'))
    await using recorder = await startRecorder(target, '--allow', 'HELD', '--allow', 'new_field')
    await (await fetch(`${recorder.url}/v3/pay/transactions/id/4200000000202611290000000001?mchid=1900000109`)).text()
    const text = await recorder.stop()
    expect(text).toContain('"trade_state":{"type":"string","length":4,"kind":"text","value":"HELD"}')
    expect(text).toContain('"new_field":')
  })
})

describe('what passes', () => {
  it('is the same bytes, path and headers, with the host of the service', async () => {
    const seen: { url?: string | undefined; headers: string[]; body: string }[] = []
    const target = await serve(async (incoming, outgoing) => {
      let body = ''
      for await (const chunk of incoming) body += chunk
      seen.push({ url: incoming.url, headers: incoming.rawHeaders, body })
      outgoing.writeHead(202, { 'Request-ID': 'r', 'Wechatpay-Nonce': 'n' }).end('  {"a" : 1}\n')
    })
    await using recorder = await startRecorder(target)
    const path = '/v3/pay/transactions/id/%e5%bc%a0?mchid=1&b=%2B+x'
    const body = '{ "b":\t"张" }'
    const response = await fetch(recorder.url + path, { method: 'POST', body, headers: { Authorization: 'A b="c"' } })
    expect([response.status, response.headers.get('wechatpay-nonce'), await response.text()]).toEqual([
      202,
      'n',
      '  {"a" : 1}\n',
    ])
    expect(seen).toMatchObject([{ url: path, body }])
    const { headers } = seen[0]!
    expect(headers[headers.indexOf('Host') + 1]).toBe(target.slice('http://'.length))
    expect(headers[headers.findIndex(name => name.toLowerCase() === 'authorization') + 1]).toBe('A b="c"')
  })

  it('streams 16 large downloads at the pace of their readers', async () => {
    const chunk = Buffer.alloc(65_536)
    let written = 0
    const target = await serve((_, outgoing) => {
      const fill = (): void => {
        while (!outgoing.destroyed && outgoing.write(chunk)) written += chunk.length
        written += chunk.length
      }
      outgoing.writeHead(200).on('drain', fill)
      fill()
    })
    await using recorder = await startRecorder(target)
    const { port } = new URL(recorder.url)
    const sockets = Array.from({ length: 16 }, () => {
      const socket = connect(Number(port), '127.0.0.1').pause()
      socket.write('GET /v3/certificates HTTP/1.1\r\nHost: localhost\r\n\r\n')
      return socket
    })
    // Nobody reads: the service must come to a halt, once all buffers on the way are full.
    let before = -1
    while (before !== written || written === 0) {
      before = written
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    expect(written).toBeLessThan(16 * 16 * 1024 * 1024)
    for (const socket of sockets) socket.destroy()
  })

  it('goes to the target only, also if a client sends a whole address', async () => {
    const asked: string[] = []
    const target = await serve((incoming, outgoing) => {
      asked.push(incoming.url!)
      outgoing.end('{}')
    })
    await using recorder = await startRecorder(target)
    const { port } = new URL(recorder.url)
    const answer = await new Promise<string>(resolve => {
      let text = ''
      connect(Number(port), '127.0.0.1')
        .on('data', data => {
          text += data
        })
        .on('close', () => resolve(text))
        .write('GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    })
    expect([answer.slice(0, 12), asked]).toEqual(['HTTP/1.1 400', []])
  })
})

describe('a hostile service', () => {
  const MESSES: [name: string, bytes: string][] = [
    ['says nothing and closes', ''],
    ['sends no HTTP', '\x00\xff\xffgarbage\r\n\r\n'],
    ['is cut within its headers', 'HTTP/1.1 200 OK\r\nContent-'],
    ['is cut within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":1'],
    ['sends broken chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['sends endless headers', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['switches the protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['nests deeply', `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'[{"a":'.repeat(100_000)}`],
    ['names a prototype', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"__proto__":{"x":1},"constructor":1}'],
    ['bombs XML', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>'],
  ]
  it.each(MESSES)('that %s costs its own call only', async (_, bytes) => {
    let isHostile = true
    const target = await portOf(
      createTcpServer(socket => {
        socket.on('error', () => {})
        socket.once('data', () =>
          socket.end(
            isHostile ? bytes : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
            'latin1',
          ),
        )
      }),
    )
    await using recorder = await startRecorder(target)
    const ask = () => fetch(`${recorder.url}/v3/certificates`).then(response => response.text())
    await ask().catch(() => {})
    isHostile = false
    expect(await ask()).toBe('{}')
    for (const line of (await recorder.stop()).trim().split('\n')) JSON.parse(line)
  })

  it('that sends a huge body is passed on, and recorded without it', async () => {
    const target = await serve((_, outgoing) => void outgoing.end(Buffer.alloc(1_000_000, 'a')))
    await using recorder = await startRecorder(target)
    expect((await (await fetch(`${recorder.url}/v3/certificates`)).arrayBuffer()).byteLength).toBe(1_000_000)
    expect(await recorder.stop()).toContain('"body":{"type":"too-large"}}}')
  })

  it('that is not there is a 502 that says so', async () => {
    await using recorder = await startRecorder('http://127.0.0.1:1')
    const response = await fetch(`${recorder.url}/v3/certificates`)
    expect([response.status, await response.json()]).toMatchObject([502, { code: 'RECORD_TARGET_FAILED' }])
    expect(recorder.said()).toContain('nothing listens at the target')
  })
})

describe('mistakes of the user', () => {
  it.each([
    [['record', '--target', 'http://api.mch.weixin.qq.com'], 2, 'https://'],
    [['record', '--target', 'https://api.mch.weixin.qq.com/v3'], 2, 'without a path'],
    [['record', '--target', 'http://203.0.113.7'], 2, 'must begin with https'],
    [['record', '--port', '70000'], 2, '--port'],
    [['diff'], 2, 'one or two recordings'],
    [['diff', 'package.json'], 1, 'package.json is not a recording'],
    [['diff', 'nowhere.jsonl'], 1, 'does not exist'],
  ] as const)('%j', async (argv, code, text) => {
    const said = await runCommand(...argv)
    expect([said.code, said.errors]).toEqual([code, expect.stringContaining(text)])
  })

  it('a recording that exists is not replaced, and one that is damaged is refused with its line', async () => {
    await using recorder = await startRecorder('http://127.0.0.1:1')
    const before = await recorder.stop()
    const again = await runCommand('record', '--target', 'http://127.0.0.1:1', '--port', '0', '--out', recorder.file)
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining('exists')])
    expect(await readFile(recorder.file, 'utf8')).toBe(before)
    const damages = [
      '{"request":',
      '{"request":{}}',
      '{"request":{"method":"GET","path":"/","parameters":{"type":"object"}},"response":{}}',
      '7',
    ]
    for (const line of damages) {
      await writeFile(recorder.file, `${before}${line}\n`)
      expect((await runCommand('diff', recorder.file)).errors).toMatch(/line 2 is not/)
    }
    await writeFile(recorder.file, '{"recording":"wechatpay-edge","format":2}\n')
    expect((await runCommand('diff', recorder.file)).errors).toContain('has the format 2')
  })
})
