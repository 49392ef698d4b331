import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { createAuthenticate } from '../../src/gateway/caller/authenticate.ts'
import { readConfig, readEndpoints } from '../../src/gateway/config/config.ts'

async function said(commands: typeof COMMANDS, ...argv: string[]) {
  const [out, errors]: [string[], string[]] = [[], []]
  const stopped = new AbortController().signal
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const code = await run(commands, argv, terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}
const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`
const MERCHANT = { WECHATPAY_MCHID: '1900000109', WECHATPAY_APIV2_KEY: 'x' }

describe('token', () => {
  it('gives the caller a token, and the gateway its SHA-256', async () => {
    const { code, out } = await said(COMMANDS, 'token')
    expect(code).toBe(0)
    const [, token] = /Bearer (wxe_[\w-]{43})$/m.exec(out)!
    expect(Buffer.from(token!.slice(4), 'base64url')).toHaveLength(32)
    expect(out.split('\n').at(-1)).toBe(`GATEWAY_TOKEN=${hashOf(token!)}`)
  })

  it('is another one each time; --json: for programs', async () => {
    const [one, other] = [await said(COMMANDS, 'token', '--json'), await said(COMMANDS, 'token', '--json')]
    const { token, hash } = JSON.parse(one.out)
    expect(hash).toBe(hashOf(token))
    expect(JSON.parse(other.out).token).not.toBe(token)
  })

  it('opens the gateway that was told its hash', async () => {
    const { token, hash } = JSON.parse((await said(COMMANDS, 'token', '--json')).out)
    const { callers } = readConfig({ ...MERCHANT, GATEWAY_TOKEN: hash })
    const headers = { Authorization: `Bearer ${token}` }
    expect((await createAuthenticate(callers)(new Request('https://gateway.example', { headers }))).name).toBe(
      'default',
    )
  })

  it('--webhook: a secret that Standard Webhooks and the configuration take', async () => {
    const { out } = await said(COMMANDS, 'token', '--webhook')
    const [, secret] = /^WEBHOOK_SECRET=(whsec_\S+)$/.exec(out)!
    expect(Buffer.from(secret!.slice(6), 'base64')).toHaveLength(32)
    expect(() => new Webhook(secret!)).not.toThrow()
    const env = { WEBHOOK_URL: 'https://shop.example.com', WEBHOOK_SECRET: secret }
    expect(readEndpoints(env)[0]!.secrets).toEqual([secret])
    expect(JSON.parse((await said(COMMANDS, 'token', '--webhook', '--json')).out)).toEqual({
      secret: expect.stringMatching(/^whsec_/),
    })
  })
})

describe('a configuration that is wrong', () => {
  const serve: Command = {
    name: 'serve',
    about: '',
    options: [{ name: 'json', text: '' }],
    run: async () => void readConfig({ ...MERCHANT, GATEWAY_LOG: 'loud', GATEWAY_CONFIG: { callers: [{}] } }),
  }
  const commands = { serve: { summary: '', load: async () => serve } }

  it('is told a line a mistake', async () => {
    const { code, errors } = await said(commands, 'serve')
    expect(code).toBe(1)
    expect(errors.split('\n').map(line => line.split(': ')[0])).toEqual([
      'GATEWAY_CONFIG.callers[0].name',
      'GATEWAY_CONFIG.callers[0].tokens',
      'GATEWAY_CONFIG.callers[0].allow',
      'GATEWAY_LOG',
    ])
    const { error } = JSON.parse((await said(commands, 'serve', '--json')).errors)
    expect(error.code).toBe('OPTION_INVALID')
    expect(error.problems.at(-1)).toEqual({ option: 'GATEWAY_LOG', message: 'is debug, info, warn' })
  })
})
