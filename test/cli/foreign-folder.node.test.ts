/** Commands in a folder of somebody else, whose `.env` names an address; the credentials are the user's. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import * as keys from '../fixtures/keys.ts'

const TOKEN = 'wxe_the-token-of-the-operator-0123456789'
const received: IncomingHttpHeaders[] = []
const server = createServer((request, response) => {
  received.push(request.headers)
  response.writeHead(404).end()
})
let folder: string
let url: string
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-foreign-'))
  return () => rm(folder, { recursive: true })
})
afterAll(() => server.close())
beforeEach(() => {
  received.length = 0
})

async function run(env: string, variables: Readonly<Record<string, string>>, ...argv: string[]) {
  await writeFile(join(folder, '.env'), env)
  const { PATH } = process.env
  const child = spawn(process.execPath, [resolve('src/cli/main.ts'), ...argv], {
    cwd: folder,
    env: { PATH, ...variables },
  })
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code, out, errors }
}

const gatewayEnv = () => `WECHATPAY_GATEWAY_URL=${url}\n`

it.each<[what: string, variables: Record<string, string>, options: string[]]>([
  ['a token of the environment', { WECHATPAY_ADMIN_TOKEN: TOKEN }, []],
  ['the token of a file', {}, ['--token-file', 'token']],
])('sends %s to no gateway that only the folder names', async (_, variables, options) => {
  await writeFile(join(folder, 'token'), TOKEN)
  expect(await run(gatewayEnv(), variables, 'events', ...options)).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/^WECHATPAY_GATEWAY_URL is from \.env of this folder, .*add --env \.env/),
  })
  expect(received).toEqual([])
})

it.each<[what: string, env: () => string, variables: () => Record<string, string>, options: () => string[]]>([
  ['the file is given', gatewayEnv, () => ({ WECHATPAY_ADMIN_TOKEN: TOKEN }), () => ['--env', '.env']],
  ['the address is given', gatewayEnv, () => ({ WECHATPAY_ADMIN_TOKEN: TOKEN }), () => ['--gateway', url]],
  [
    'the environment has both',
    () => 'WECHATPAY_GATEWAY_URL=http://127.0.0.1:1\n',
    () => ({ WECHATPAY_ADMIN_TOKEN: TOKEN, WECHATPAY_GATEWAY_URL: url }),
    () => [],
  ],
  ['the folder has both', () => `${gatewayEnv()}WECHATPAY_ADMIN_TOKEN=${TOKEN}\n`, () => ({}), () => []],
])('sends the token if %s', async (_, env, variables, options) => {
  await run(env(), variables(), 'events', ...options())
  expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`)
})

it('signs no request for an address that only the folder names', async () => {
  const variables = {
    WECHATPAY_MCHID: '1900000109',
    WECHATPAY_SERIAL: 'AB12',
    WECHATPAY_PRIVATE_KEY: keys.PRIVATE_KEY,
    WECHATPAY_APIV3_KEY: 'k'.repeat(32),
  }
  const env = `WECHATPAY_BASE_URL=${url}\n`
  const argv = ['request', 'v3/pay/transactions/out-trade-no/none', '-q', 'mchid=1900000109']
  expect(await run(env, variables, ...argv)).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/^WECHATPAY_BASE_URL is from \.env of this folder, .*WECHATPAY_PRIVATE_KEY/),
  })
  expect(received).toEqual([])
  await run(env, variables, ...argv, '--env', '.env')
  expect(received[0]?.authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 /)
})
