/** The keys of the simulated merchant, which only the console's own page gets. */
import { beforeAll, expect, test } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import { createSimulator, createSimulatorMount, type Simulator } from '../../../../src/simulator/index.ts'

let simulator: Simulator
let mount: (request: Request) => Promise<Response>

beforeAll(async () => {
  simulator = await createSimulator({ seed: 'credentials' })
  mount = createSimulatorMount(simulator)
})

const ask = (headers: Record<string, string>, path = '/simulator/credentials', host = 'localhost'): Promise<Response> =>
  mount(new Request(`http://${host}${path}`, { headers }))

test('the page gets the options of a client, and they work', async () => {
  const response = await ask({ 'sec-fetch-site': 'same-origin' })
  expect(response.headers.get('cache-control')).toBe('no-store')
  const { merchant } = await response.json()
  const wxpay = new Wechatpay({ ...merchant, fetch: simulator.fetch })
  const call = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no: 'none',
    params: { mchid: merchant.mchid },
  })
  await expect(call).rejects.toMatchObject({ serviceCode: 'ORDER_NOT_EXIST' })
})

test.each([
  ['nobody says where it comes from', {}],
  ['it comes from another site', { 'sec-fetch-site': 'cross-site' }],
  ['it comes from another origin of this site', { 'sec-fetch-site': 'same-site' }],
  ['it is typed into the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
])('a request gets none if %s', async (_, headers) => {
  const response = await ask(headers as Record<string, string>)
  expect(response.status).toBe(403)
  const text = await response.text()
  expect(text).not.toContain('PRIVATE KEY')
  expect(text).not.toContain(simulator.merchant.apiv3Key)
})

test('a page whose host name was made to resolve to this machine gets none', async () => {
  const response = await ask({ 'sec-fetch-site': 'same-origin' }, '/simulator/credentials', 'rebound.example.com')
  expect(response.status).toBe(403)
  expect(await response.text()).not.toContain('PRIVATE KEY')
})

test('no other action gives keys', async () => {
  const text = await (await ask({ 'sec-fetch-site': 'same-origin' }, '/simulator')).text()
  for (const secret of ['PRIVATE KEY', simulator.merchant.apiv3Key, simulator.merchant.apiv2Key])
    expect(text).not.toContain(secret)
})
