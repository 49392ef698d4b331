import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { createAuthenticate } from '../../src/gateway/caller/authenticate.ts'
import { createGateway, type Gateway, readConfig } from '../../src/gateway/index.ts'
import { createTestGateway } from '../gateway/test-gateway.ts'

async function say(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const [out, errors]: string[][] = [[], []]
  const terminal = {
    print: (line: string) => void out!.push(line),
    warn: (line: string) => void errors!.push(line),
    stopped: new AbortController().signal,
  }
  const code = await run(COMMANDS, ['token', ...argv], terminal)
  return { code, out: out!.join('\n'), errors: errors!.join('\n') }
}

const AREAS = [
  ['/v3/', 'GET /v3/certificates'],
  ['/v2/', 'POST /v2/pay/unifiedorder'],
  ['/checkout/', 'POST /checkout/native'],
  ['/admin/', 'GET /admin/merchants'],
  ['/metrics', 'GET /metrics'],
  ['/healthz', 'GET /healthz'],
] as const

/** A gateway with one token alone, which is in that variable. */
async function callerOf(variable: string): Promise<{ caller: Gateway; token: string }> {
  const { token, hash } = JSON.parse((await say('--json')).out)
  const { callers } = readConfig({
    WECHATPAY_MCHID: '1900000109',
    WECHATPAY_APIV2_KEY: 'x'.repeat(32),
    [variable]: hash,
  })
  const one = await createTestGateway()
  return {
    caller: createGateway({ merchants: {}, callers, ledgerOf: () => one.ledger, outbox: { enqueue: async () => {} } }),
    token,
  }
}

describe('wechatpay-edge token', () => {
  it('makes a token of 32 random bytes, and the SHA-256 that node:crypto makes of it', async () => {
    const { code, out } = await say()
    const [, token = '', hash = ''] = /^token +(wxe_\S+)\nhash +(sha256:\S+)$/m.exec(out)!
    expect(code).toBe(0)
    expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32)
    expect(hash).toBe(`sha256:${createHash('sha256').update(token).digest('hex')}`)
    expect((await say()).out).not.toContain(token)
  })

  it('makes one that the gateway takes', async () => {
    const { token, hash } = JSON.parse((await say('--json')).out)
    const authenticate = createAuthenticate([{ name: 'shop', credential: { tokens: [hash] }, allow: [] }])
    const request = new Request('https://gateway.example/', { headers: { authorization: `Bearer ${token}` } })
    expect((await authenticate(request)).name).toBe('shop')
  })

  it.each(['GATEWAY_TOKEN', 'GATEWAY_ADMIN_TOKEN'])('says of %s what a gateway really lets it call', async variable => {
    const { caller, token } = await callerOf(variable)
    const line = (await say('--help')).out.split('\n').find(one => one.trimStart().startsWith(`${variable}=`))!
    const said = Object.fromEntries(AREAS.map(([area]) => [area, line.includes(area)]))
    const entries = AREAS.map(async ([area, call]) => {
      const [method = '', path] = call.split(' ')
      const request = new Request(`https://gateway.example${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      })
      return [area, (await caller.fetch(request)).status !== 403]
    })
    expect(said).toEqual(Object.fromEntries(await Promise.all(entries)))
  })

  it("shows the caller's entry, without the token", async () => {
    const { token, hash, caller } = JSON.parse((await say('--name', 'shop', '--json')).out)
    expect(caller).toEqual({ name: 'shop', tokens: [hash], allow: expect.arrayContaining(['GET /v3/**']) })
    expect(JSON.stringify(caller)).not.toContain(token)
    expect((await say('--name', 'shop')).out).toContain('"name":"shop"')
  })

  it('makes a secret that Standard Webhooks signs with', async () => {
    const { secret } = JSON.parse((await say('--webhook', '--json')).out)
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32)
    const webhook = new Webhook(secret)
    const now = new Date()
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': `${Math.floor(now.getTime() / 1000)}`,
      'webhook-signature': webhook.sign('msg_1', now, '{}'),
    }
    expect(webhook.verify('{}', headers)).toEqual({})
    expect((await say('--webhook')).out).toMatch(/^WEBHOOK_SECRET +whsec_\S{44}$/m)
  })

  it('refuses a name that is none', async () => {
    for (const argv of [
      ['--name', 'a b'],
      ['--name', ''],
      ['--webhook', '--name', 'shop'],
    ]) {
      const { code, out, errors } = await say(...argv)
      expect([code, out]).toEqual([2, ''])
      expect(errors).toContain('--name')
    }
  })
})
