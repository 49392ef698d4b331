import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  createSimulator,
  createSimulatorMount,
  type MerchantView,
  type Simulator,
} from '../../../src/simulator/index.ts'

let simulator: Simulator
let folder: string
let mount: (request: Request) => Promise<Response>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merchants-'))
  simulator = await createSimulator({ mchid: '1900000109' })
  const merchantFiles = ({ merchant }: MerchantView) => ({
    'apiclient_key.pem': merchant.privateKey,
    'long.bin': new Uint8Array(1025).fill(7),
    'empty.txt': '',
  })
  mount = createSimulatorMount(simulator, { merchantFiles })
})

afterAll(() => rm(folder, { recursive: true }))

const call = async (method: string, path: string, body?: object) => {
  const init = { method, ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) }
  const response = await mount(new Request(`http://127.0.0.1/simulator${path}`, init))
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

it('creates, lists and acts for merchants over HTTP, and gives out no private key with them', async () => {
  const created = await call('POST', '/merchants', { mchid: '1900000130', subMchids: ['1900000131'] })
  expect(created).toMatchObject({ status: 200, body: { mchid: '1900000130' } })
  const listed = await call('GET', '/merchants')
  expect(listed.body.map(({ mchid }: { mchid: string }) => mchid)).toEqual(['1900000109', '1900000130'])
  expect(JSON.stringify([created, listed])).not.toMatch(/PRIVATE KEY|apiv[23]Key/)
  const { merchant, fetch } = simulator.as('1900000130')
  await new Wechatpay({ ...merchant, fetch }).v3.pay.transactions.native.post({
    mchid: merchant.mchid,
    appid: merchant.appid,
    out_trade_no: 'number-1',
    description: 'd',
    notify_url: 'https://merchant.example',
    amount: { total: 1 },
  })
  expect((await call('POST', '/pay', { out_trade_no: 'number-1' })).body.code).toBe('ORDER_UNKNOWN')
  const paid = await call('POST', '/merchants/1900000130/pay', { out_trade_no: 'number-1' })
  expect(paid.body).toMatchObject({ trade_state: 'SUCCESS', mchid: '1900000130' })
  expect((await call('GET', '/merchants/1900000130')).body).toMatchObject({
    mchid: '1900000130',
    now: expect.any(Number),
  })
  expect((await call('GET', '/merchants/1900000130/notifications')).body).toHaveLength(1)
})

it.each([
  ['POST', '/merchants', { mchid: '1900000109' }, 400, 'PARAM_ERROR'],
  ['POST', '/merchants', { mchid: 'x' }, 400, 'PARAM_ERROR'],
  ['POST', '/merchants', { mchid: '1900000140', subMchids: '1900000131' }, 400, 'PARAM_ERROR'],
  ['POST', '/merchants', { mchid: '1900000140', secret: 'x' }, 400, 'PARAM_ERROR'],
  ['GET', '/merchants/1900000199/orders', undefined, 404, 'MERCHANT_UNKNOWN'],
  ['GET', '/merchants/1900000109/nothing', undefined, 404, 'NOT_FOUND'],
  ['DELETE', '/merchants', undefined, 405, 'METHOD_NOT_ALLOWED'],
] as const)('%s %s %j → %d %s', async (method, path, body, status, code) => {
  expect(await call(method, path, body)).toMatchObject({ status, body: { code } })
})

it('gives no folder to a link on a page of another site', async () => {
  const follow = (site: string) =>
    mount(
      new Request('http://127.0.0.1/simulator/folder', {
        headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      }),
    )
  for (const site of ['cross-site', 'same-site']) {
    const refused = await follow(site)
    expect([refused.status, (await refused.json()).code]).toEqual([403, 'CROSS_SITE'])
  }
  for (const site of ['same-origin', 'none']) expect((await follow(site)).status).toBe(200)
})

it('gives the files of a merchant as an archive that tar unpacks, readable by the owner only', async () => {
  const response = await mount(new Request('http://127.0.0.1/simulator/folder'))
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="1900000109.tar"')
  await writeFile(join(folder, 'a.tar'), new Uint8Array(await response.arrayBuffer()))
  await promisify(execFile)('tar', ['xf', 'a.tar'], { cwd: folder })
  const file = (name: string) => join(folder, '1900000109', name)
  expect(await readFile(file('apiclient_key.pem'), 'utf8')).toBe(simulator.merchant.privateKey)
  expect(await readFile(file('long.bin'))).toEqual(Buffer.alloc(1025, 7))
  expect(await readFile(file('empty.txt'), 'utf8')).toBe('')
  expect((await stat(file('apiclient_key.pem'))).mode & 0o777).toBe(0o600)
})

it('gives out no keys unless the program that mounts it says so', async () => {
  const closed = createSimulatorMount(simulator)
  const response = await closed(new Request('http://127.0.0.1/simulator/folder'))
  expect(response.status).toBe(404)
  expect(await response.text()).not.toContain('PRIVATE KEY')
})
