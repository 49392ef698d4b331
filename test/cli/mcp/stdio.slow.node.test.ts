import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, type RunningGateway, runToEnd, startGateway, startSimulator } from '../program.ts'
import { type McpClient, programArguments, startMcp } from './mcp-client.ts'

// The program as an MCP client starts it. The clients of both official SDKs check that it speaks the protocol.

const TOOLS = [
  'find_endpoint',
  'describe_endpoint',
  'describe_notification',
  'explain_signature',
  'simulate_call',
  'simulate_action',
  'run_payment',
  'check_message',
  'doctor',
  'gateway_call',
]

describe('wechatpay-edge mcp without options', () => {
  let mcp: McpClient
  beforeAll(async () => {
    mcp = await startMcp()
  })
  afterAll(() => mcp.client.close())

  it('lists its tools with closed schemas, and says which of them may change something', async () => {
    const { tools } = await mcp.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(TOOLS)
    for (const { name, inputSchema, annotations, description } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(annotations?.readOnlyHint).toBe(name !== 'gateway_call')
      expect(description!.length).toBeLessThan(700)
    }
  })

  it('serves the pages of the skill as resources', async () => {
    const { resources } = await mcp.client.listResources()
    const { uri } = resources.find(resource => resource.uri.endsWith('wechatpay-edge/SKILL.md'))!
    const { contents } = await mcp.client.readResource({ uri })
    expect((contents[0] as { text: string }).text).toBe(await readFile('skills/wechatpay-edge/SKILL.md', 'utf8'))
    const outside = uri.replace('SKILL.md', '../../package.json')
    await expect(mcp.client.readResource({ uri: outside })).rejects.toThrow()
    await expect(mcp.client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow()
  })

  it('runs a payment', async () => {
    const { value } = await mcp.call('run_payment', { refund: 100 })
    expect(value.steps.at(-1).result).toMatchObject({ status: 'SUCCESS' })
  })

  it('refuses what it has no keys and no gateway for, and says how to get them', async () => {
    expect((await mcp.call('doctor')).value.error).toMatchObject({
      code: 'KEYS_MISSING',
      cure: expect.stringContaining('--env'),
    })
    const call = await mcp.call('gateway_call', { method: 'GET', path: 'v3/certificates' })
    expect(call.value.error).toMatchObject({ code: 'GATEWAY_MISSING', cure: expect.stringContaining('--gateway') })
  })

  it('answers a flood of calls, each with a result or BUSY', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => mcp.call('run_payment')))
    const codes = answers.map(({ isError, value }) => (isError ? value.error.code : 'done'))
    expect(new Set(codes)).toEqual(new Set(['done', 'BUSY']))
    expect((await mcp.call('find_endpoint', { query: 'refund' })).isError).toBe(false)
  })

  it('talks to the client of the first SDK, too', async () => {
    const transport = new OldTransport({ command: process.execPath, args: programArguments(), stderr: 'ignore' })
    const client = new OldClient({ name: 'test', version: '1.0.0' })
    await client.connect(transport)
    try {
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(TOOLS)
      const result = await client.callTool({ name: 'find_endpoint', arguments: { query: '小程序下单' } })
      expect(result.structuredContent).toMatchObject({
        endpoints: expect.arrayContaining([expect.objectContaining({ path: 'v3/pay/transactions/jsapi' })]),
      })
      expect((await client.listResources()).resources.length).toBeGreaterThan(0)
    } finally {
      await client.close()
    }
  })
})

describe('wechatpay-edge mcp with a merchant’s keys and a gateway', () => {
  let folder: string
  let simulator: Program
  let gateway: RunningGateway
  let reader: McpClient
  let writer: McpClient
  let variables: Record<string, string | undefined>
  let token: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
    simulator = await startSimulator('--folder', folder)
    variables = parseEnv(await readFile(join(folder, '.env'), 'utf8'))
    const created = JSON.parse((await runToEnd('token', '--json')).out) as { token: string; hash: string }
    token = created.token
    const allow = ['GET /v3/**', 'POST /v3/pay/transactions/*', 'POST /v2/pay/orderquery']
    const caller = { name: 'agent', tokens: [created.hash], allow, maxAmount: 500 }
    gateway = await startGateway(folder, { GATEWAY_CONFIG: JSON.stringify({ callers: [caller] }) })
    const environment = { WECHATPAY_GATEWAY_TOKEN: token }
    const options = ['--env', join(folder, '.env'), '--gateway', gateway.url]
    reader = await startMcp(options, environment)
    writer = await startMcp([...options, '--allow-writes'], environment)
    // Eight programs start.
  })
  afterAll(async () => {
    await Promise.all([reader?.client.close(), writer?.client.close()])
    await gateway?.stop()
    await simulator?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const order = (out_trade_no: string, total: number) => ({
    method: 'POST',
    path: 'v3/pay/transactions/native',
    body: {
      appid: simulator.lines[0].appid ?? 'wxd678efh567hg6787',
      mchid: variables.WECHATPAY_MCHID,
      description: 'Tea',
      out_trade_no,
      notify_url: 'https://shop.example/notify',
      amount: { total },
    },
  })

  it('checks the merchant with doctor', async () => {
    const { value } = await reader.call('doctor')
    expect(value.checks).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'private key', ok: true })]))
    expect(value.ok).toBe(true)
  })

  it('refuses a call that changes something, unless it was started for that', async () => {
    const { isError, value } = await reader.call('gateway_call', {
      ...order('REFUSED0001', 100),
      idempotency_key: 'key-0001',
    })
    expect(isError).toBe(true)
    expect(value.error).toMatchObject({ code: 'WRITES_REFUSED', cure: expect.stringContaining('--allow-writes') })
    const query = await reader.call('gateway_call', {
      method: 'GET',
      path: 'v3/pay/transactions/out-trade-no/REFUSED0001',
      query: { mchid: variables.WECHATPAY_MCHID },
    })
    expect(query.value.error).toMatchObject({ code: 'WECHATPAY_REFUSED', serviceCode: 'ORDER_NOT_EXIST' })
  })

  it('makes a call that changes something once per idempotency key', async () => {
    const missing = await writer.call('gateway_call', order('ONCE0001', 100))
    expect(missing.value.error).toMatchObject({ code: 'IDEMPOTENCY_KEY_MISSING' })
    const call = { ...order('ONCE0001', 100), idempotency_key: 'order-ONCE0001' }
    const [first, second] = [await writer.call('gateway_call', call), await writer.call('gateway_call', call)]
    expect(first.value).toMatchObject({ status: 200, data: { code_url: expect.any(String) } })
    expect(second.value.data).toEqual(first.value.data)
    const journal = (await (await fetch(`${simulator.url}/simulator/journal`)).json()) as {
      path: string
      status: number
    }[]
    expect(journal.filter(({ path }) => path === '/v3/pay/transactions/native')).toHaveLength(1)
  })

  it('is refused by the gateway what its caller may not do', async () => {
    const tooMuch = await writer.call('gateway_call', { ...order('MUCH0001', 501), idempotency_key: 'order-MUCH0001' })
    expect(tooMuch.value.error).toMatchObject({ code: 'GATEWAY_REFUSED', mayHaveTakenEffect: false, status: 403 })
    const refund = await writer.call('gateway_call', {
      method: 'POST',
      path: 'v3/refund/domestic/refunds',
      body: { out_trade_no: 'ONCE0001', out_refund_no: 'R1', amount: { refund: 1, total: 100, currency: 'CNY' } },
      idempotency_key: 'refund-R1',
    })
    expect(refund.value.error).toMatchObject({ code: 'GATEWAY_REFUSED', status: 403 })
  })

  it.each([
    'v3/../admin/events',
    'v3/%2e%2e/admin',
    'v3//evil.example/x',
    'v3/a?x=1',
    'v3/a#b',
    'v3/\\evil',
    'v3/a;b',
    '/v3/a b',
  ])('refuses the path %s before it is sent', async path => {
    const { value } = await writer.call('gateway_call', { method: 'GET', path })
    expect(value.error.code).toMatch(/^(?:PATH|INPUT)_INVALID$/)
  })

  it('masks personal fields of a reply', async () => {
    const { openid } = simulator.lines[0]
    const body = { ...order('PAYER0001', 100).body, payer: { openid: openid ?? 'onqOjjmo8wmTOOtSKwXtGjg9Gb58' } }
    const call = { method: 'POST', path: 'v3/pay/transactions/jsapi', body, idempotency_key: 'order-PAYER0001' }
    expect((await writer.call('gateway_call', call)).isError).toBe(false)
    await fetch(`${simulator.url}/simulator/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ out_trade_no: 'PAYER0001' }),
    })
    const { value, text } = await reader.call('gateway_call', {
      method: 'GET',
      path: 'v3/pay/transactions/out-trade-no/PAYER0001',
      query: { mchid: variables.WECHATPAY_MCHID },
    })
    expect(value.data).toMatchObject({ trade_state: 'SUCCESS', payer: { openid: '<personal>' } })
    expect(text).not.toContain(body.payer.openid)
  })

  it('explains a signature, and withholds it', async () => {
    const v3 = await reader.call('explain_signature', order('EXPLAIN01', 1))
    expect(v3.value.signedText).toContain('/v3/pay/transactions/native\n')
    expect(v3.text).not.toMatch(/signature=\\"[A-Za-z0-9+/]{20}/)
    const v2 = await reader.call('explain_signature', {
      method: 'POST',
      path: 'v2/pay/unifiedorder',
      body: { appid: 'a', mch_id: '1' },
    })
    expect(v2.value.request.body).toContain('<sign><withheld></sign>')
    expect(v2.text).not.toMatch(/<sign>[0-9A-F]{32}/)
    const url = await reader.call('explain_signature', {
      method: 'GET',
      path: 'v2/papay/entrustweb',
      query: { appid: 'a' },
    })
    expect(url.text).not.toMatch(/sign=[0-9A-F]{32}/)
  })

  it('shows no key, whatever it is asked', async () => {
    const secrets = Object.entries(variables)
      .filter(([name]) => /PRIVATE_KEY$|APIV[23]_KEY$/.test(name))
      .flatMap(([, value]) => value!.split(/\n|\\n/).filter(line => line.length > 12 && !line.startsWith('---')))
    expect(secrets.length).toBeGreaterThan(10)
    const asked = [
      ['doctor', {}],
      ['explain_signature', order('SECRETS01', 1)],
      ['check_message', { message: '<xml><return_code>SUCCESS</return_code><sign>AB</sign></xml>' }],
      // An agent that has read a key somewhere does not get it repeated.
      ['explain_signature', { method: 'POST', path: 'v3/x/y', body: { note: secrets[0], token } }],
    ] as const
    for (const [name, input] of asked) {
      const { text } = await reader.call(name, input)
      for (const secret of [...secrets, token]) expect(text).not.toContain(secret)
    }
    expect(reader.errors()).toBe('')
  })
})

describe('a gateway that misbehaves', () => {
  it('does not get the token sent elsewhere by a redirect, and its loss of a response leaves the call in doubt', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`)
      if (request.url!.includes('redirect')) response.writeHead(307, { location: '/v3/elsewhere' }).end()
      else response.destroy()
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using mcp = await startMcp(['--gateway', url, '--allow-writes'], {
      WECHATPAY_GATEWAY_TOKEN: 'wxe_token_of_a_test',
    })
    try {
      const redirected = await mcp.call('gateway_call', { method: 'GET', path: 'v3/redirect' })
      expect(redirected.value.error.code).toBe('NETWORK_ERROR')
      const lost = await mcp.call('gateway_call', {
        method: 'POST',
        path: 'v3/pay/transactions/native',
        body: {},
        idempotency_key: 'order-lost',
      })
      expect(lost.value.error).toMatchObject({
        code: 'CALL_IN_DOUBT',
        mayHaveTakenEffect: true,
        cure: expect.stringContaining('may have taken effect'),
      })
      expect(seen.some(line => line.startsWith('/v3/elsewhere'))).toBe(false)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('the command line', () => {
  it.each([
    [['--gateway', 'http://gateway.example.com'], /must begin with https/],
    [['--gateway', 'http://203.0.113.7'], /must begin with https/],
    [['--gateway', 'nonsense'], /must be a URL/],
    [['--gateway', 'https://user:x@gateway.example.com'], /without user/],
    [['--gateway', 'https://gateway.example.com'], /WECHATPAY_GATEWAY_TOKEN is missing/],
    [['--allow-writes'], /Add --gateway/],
  ])('refuses %s', async (options, message) => {
    const { code, errors, out } = await runToEnd('mcp', ...options)
    expect([code === 1 || code === 2, out]).toEqual([true, ''])
    expect(errors).toMatch(message)
  })

  it('says which package is missing where the package of the protocol is not installed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
    const hook = join(folder, 'hook.mjs')
    await writeFile(
      hook,
      `import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  if (name.startsWith('@modelcontextprotocol/')) throw Object.assign(new Error(\`Cannot find package '\${name}'\`), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(name, context)
} })`,
    )
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const failed = await promisify(execFile)(process.execPath, ['--import', hook, 'src/cli/main.ts', 'mcp']).catch(
      error => error,
    )
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('npm install @modelcontextprotocol/server@2')
    await rm(folder, { recursive: true })
  })
})
