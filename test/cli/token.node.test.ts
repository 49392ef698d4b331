import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { createAuthenticate } from '../../src/gateway/caller/authenticate.ts'

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
