import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parseEnv, promisify } from 'node:util'
import { beforeEach, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'

let parent: string
let folder: string
let file: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  folder = join(parent, 'wechatpay')
  file = join(parent, 'merchants.json')
  return () => rm(parent, { recursive: true })
})

const FIRST = '1900000109'
const SECOND = '1900000112'
const putMerchants = (list: unknown) => writeFile(file, typeof list === 'string' ? list : JSON.stringify(list))
const contentOf = (...path: string[]) => readFile(join(folder, ...path), 'utf8')

/** Runs the simulator in this process until it has started, and then stops it. */
async function start(options: readonly string[], whileRunning = async (_url: string): Promise<void> => {}) {
  const stop = new AbortController()
  const errors: string[] = []
  let running: Promise<void> | undefined
  const terminal = {
    print(line: string) {
      const { kind, url } = JSON.parse(line)
      if (kind === 'started') running = whileRunning(url).finally(() => stop.abort())
    },
    warn: (line: string) => errors.push(JSON.parse(line).error.message),
    stopped: stop.signal,
  }
  const code = await run(COMMANDS, ['simulator', '--port', '0', '--json', ...options], terminal)
  await running
  return { code, errors }
}

it('writes a folder for each merchant, and the next run has the same keys and merchants', async () => {
  await putMerchants([
    { mchid: FIRST, subMchids: ['1900000111'] },
    { mchid: SECOND, brandId: '40001' },
  ])
  const options = ['--folder', folder]
  expect(await start([...options, '--merchants', file])).toEqual({ code: 0, errors: [] })
  const { WECHATPAY_MCHID, WECHATPAY_BRAND_ID } = parseEnv(await contentOf(SECOND, '.env'))
  expect([WECHATPAY_MCHID, WECHATPAY_BRAND_ID]).toEqual([SECOND, '40001'])
  expect(parseEnv(await contentOf('.env')).WECHATPAY_MCHID).toBe(FIRST)
  const keys = await Promise.all([contentOf('apiclient_key.pem'), contentOf(SECOND, 'apiclient_key.pem')])
  expect(keys[0]).not.toBe(keys[1])

  // The bound sub-merchants may change, and are no keys.
  await putMerchants([
    { mchid: FIRST, subMchids: [] },
    { mchid: SECOND, brandId: '40001' },
  ])
  expect(await start([...options, '--merchants', file])).toEqual({ code: 0, errors: [] })
  const listed = start(options, async url => {
    const merchants = (await (await fetch(`${url}/simulator/merchants`)).json()) as { mchid: string }[]
    expect(merchants.map(({ mchid }) => mchid)).toEqual([FIRST, SECOND])
  })
  expect(await listed).toEqual({ code: 0, errors: [] })
  expect(await Promise.all([contentOf('apiclient_key.pem'), contentOf(SECOND, 'apiclient_key.pem')])).toEqual(keys)
})

it('starts from the list of the documentation, is reset and restored, and names a sub-merchant that is bound', async () => {
  const [json] = /(?<=merchants\.json`[^`]*```json\n)[^`]+/.exec(await readFile('docs/simulator.md', 'utf8'))!
  await putMerchants(json)
  const ran = start(['--folder', folder, '--merchants', file], async url => {
    const post = (path: string, body: object) =>
      fetch(`${url}/simulator${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    const merchants = async () => (await fetch(`${url}/simulator/merchants`)).json()
    const before = await merchants()
    for (const [path, body] of [
      ['/reset', {}],
      ['/save', { name: 'a' }],
      ['/reset', {}],
      ['/restore', { name: 'a' }],
    ] as const)
      expect([path, (await post(path, body)).ok]).toEqual([path, true])
    expect(await merchants()).toEqual(before)
  })
  expect(await ran).toEqual({ code: 0, errors: [] })
  expect(await contentOf('sub_mchid.txt')).toBe('1900000111')
  expect(JSON.parse(await contentOf('keys.json')).appid).toBe(parseEnv(await contentOf('.env')).WECHATPAY_APPID)
  await expect(contentOf(SECOND, 'sub_mchid.txt')).rejects.toThrow('ENOENT')
})

it("names the sub-merchants of a merchant that was created over HTTP in its folder, and in a direct merchant's none", async () => {
  const HTTP = ['1900000113', '1900000114'] as const
  const ran = start([], async url => {
    for (const body of [{ mchid: HTTP[0], subMchids: ['1900000888'] }, { mchid: HTTP[1] }]) {
      const created = await fetch(`${url}/simulator/merchants`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
      expect(created.status).toBe(200)
    }
    for (const mchid of HTTP) {
      const tar = await fetch(`${url}/simulator/merchants/${mchid}/folder`)
      await writeFile(join(parent, `${mchid}.tar`), Buffer.from(await tar.arrayBuffer()))
      await promisify(execFile)('tar', ['xf', `${mchid}.tar`], { cwd: parent })
    }
  })
  expect(await ran).toEqual({ code: 0, errors: [] })
  expect(await readFile(join(parent, HTTP[0], 'sub_mchid.txt'), 'utf8')).toBe('1900000888')
  expect(await readdir(join(parent, HTTP[1]))).not.toContain('sub_mchid.txt')
})

it('names a sub-merchant of the list also when it starts from the folder without the list', async () => {
  await putMerchants([{ mchid: FIRST, subMchids: ['1900000111'] }, { mchid: SECOND }])
  const options = ['--folder', folder]
  for (const more of [['--merchants', file], []]) {
    expect(await start([...options, ...more])).toEqual({ code: 0, errors: [] })
    expect(await contentOf('sub_mchid.txt')).toBe('1900000111')
    await expect(contentOf(SECOND, 'sub_mchid.txt')).rejects.toThrow('ENOENT')
  }
})

it('knows the client certificate of each merchant, and gives out no private key of HTTPS', async () => {
  await putMerchants([{ mchid: FIRST }, { mchid: SECOND }])
  const ran = start(['--tls', '--folder', folder, '--merchants', file], async url => {
    const ca = await contentOf('ca.pem')
    const send = async (path: string, options: object, body = ''): Promise<Buffer> => {
      const sent = request(url + path, { ca, ...options })
      sent.end(body)
      const response = await new Promise<IncomingMessage>((resolve, reject) =>
        sent.once('response', resolve).once('error', reject),
      )
      return buffer(response)
    }
    const refundWith = async (identity: object) =>
      String(await send('/secapi/pay/refund', { method: 'POST', ...identity }, '<xml><mch_id>1</mch_id></xml>'))
    expect(await refundWith({})).toContain('No required SSL certificate was sent')
    const [cert, key] = await Promise.all([
      contentOf(SECOND, 'apiclient_cert.pem'),
      contentOf(SECOND, 'apiclient_key.pem'),
    ])
    expect(await refundWith({ cert, key })).toContain('<return_code><![CDATA[FAIL]]></return_code>')
    await writeFile(join(parent, 'a.tar'), await send(`/simulator/merchants/${SECOND}/folder`, {}))
    await promisify(execFile)('tar', ['xf', 'a.tar'], { cwd: parent })
  })
  expect(await ran).toEqual({ code: 0, errors: [] })
  const names = await readdir(join(parent, SECOND))
  expect(names).toContain('ca.pem')
  expect(names).not.toContain('tls_key.pem')
  expect(names).not.toContain('keys.json')
  expect(await readFile(join(parent, SECOND, 'apiclient_key.pem'), 'utf8')).toBe(
    await contentOf(SECOND, 'apiclient_key.pem'),
  )
})

it.each([
  ['[', 'is not JSON'],
  ['{}', 'must be a list'],
  ['[{"mchid":"x"}]', 'must be 8 to 10 digits'],
  ['[{"mchid":"1900000109","mchId":"1"}]', 'Write mchid'],
])('refuses the file %s in one line', async (content, message) => {
  await putMerchants(content)
  const { code, errors } = await start(['--merchants', file])
  expect(code).toBe(1)
  expect(errors).toEqual([expect.stringContaining(message)])
})

it('refuses a file that is not there, and a single merchant beside the file', async () => {
  expect(await start(['--merchants', file])).toMatchObject({ code: 1, errors: [expect.stringContaining('no file')] })
  const both = await start(['--merchants', file, '--mchid', FIRST])
  expect(both).toMatchObject({ code: 2, errors: [expect.stringContaining('either --merchants or --mchid')] })
})
