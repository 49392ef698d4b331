import { X509Certificate } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  createNamespaceServer,
  createSimulator,
  type NamespaceServer,
  type SimulatedMerchant,
  type Simulator,
} from '../../../src/simulator/index.ts'
import { newNumber, refusalOf } from '../test-merchant.ts'

// A namespace has the merchants that the simulator had when it was created, and its own. The simulator may return to a state without some.

const HOST = 'http://127.0.0.1:8989'
let simulator: Simulator
let server: NamespaceServer
beforeAll(async () => {
  simulator = await createSimulator()
  server = createNamespaceServer(simulator, {
    merchantFiles: ({ merchant }, prefix) => ({ 'merchant.json': `=>${JSON.stringify({ merchant, prefix })}<=` }),
  })
  for (const name of ['a', 'b']) await control(`/ns/${name}/simulator/merchants`, 'POST', { mchid: '1900000150' })
})

const control = async (path: string, method = 'GET', body?: object): Promise<string> => {
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await server.fetch(new Request(HOST + path, { method, ...json }))
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** Reads the merchant from its folder, with the prefix that the folder was written for. */
async function downloadMerchant(
  prefix: string,
  mchid: string,
): Promise<{ merchant: SimulatedMerchant; prefix: string }> {
  const [, json = ''] = /=>(.*)<=/.exec(await control(`${prefix}/simulator/merchants/${mchid}/folder`)) ?? []
  return JSON.parse(json)
}

/** Requests a refund, which requires a client certificate, and returns why it is refused: `ORDERNOTEXIST` if the certificate counts. */
async function refund(merchant: SimulatedMerchant, prefix = '', certificate = merchant.certificate): Promise<unknown> {
  const der = new X509Certificate(certificate).raw
  const { appid, mchid: mch_id } = merchant
  const mtlsFetch: typeof fetch = (input, init) => server.fetch(new Request(input, init), der)
  const wxpay = new Wechatpay({ ...merchant, baseUrl: HOST + prefix, retry: false, mtlsFetch })
  const numbers = { out_trade_no: newNumber(), out_refund_no: newNumber() }
  const [, code] = await refusalOf(
    wxpay.v2.secapi.pay.refund.post({ appid, mch_id, ...numbers, total_fee: 1, refund_fee: 1 }),
  )
  return code
}

it('takes the client certificate of a merchant of its own, and of no other namespace', async () => {
  const [a, b] = [await downloadMerchant('/ns/a', '1900000150'), await downloadMerchant('/ns/b', '1900000150')]
  expect(a.merchant.certificate).not.toBe(b.merchant.certificate)
  expect(await refund(a.merchant, '/ns/a')).toBe('ORDERNOTEXIST')
  expect(await refund(a.merchant, '/ns/a', b.merchant.certificate)).not.toBe('ORDERNOTEXIST')
  expect(await refund(a.merchant, '/ns/a', simulator.merchant.certificate)).not.toBe('ORDERNOTEXIST')
})

it('serves a client whose certificate belongs to a merchant that it lacks, as one without a certificate', async () => {
  await control('/simulator/namespaces', 'POST', { name: 'old' })
  const { merchant } = await simulator.addMerchant({ mchid: '1900000151' })
  expect(await refund(merchant)).toBe('ORDERNOTEXIST')
  expect(await refund(simulator.merchant, '/ns/old', merchant.certificate)).toBe('HTTP_400')
  const { raw } = new X509Certificate(merchant.certificate)
  const headers = { accept: 'application/json', 'user-agent': 'test' }
  expect((await server.fetch(new Request(`${HOST}/ns/old/v3/certificates`, { headers }), raw)).status).toBe(401)
})

it('serves it after the simulator has returned to a state without that merchant, and takes its next certificate', async () => {
  simulator.save('before')
  const { merchant } = await simulator.addMerchant({ mchid: '1900000152' })
  expect(await refund(merchant)).toBe('ORDERNOTEXIST')
  await simulator.restore('before')
  expect(await refund(simulator.merchant, '', merchant.certificate)).toBe('HTTP_400')
  const { merchant: next } = await simulator.addMerchant({ mchid: '1900000152' })
  expect(next.certificate).not.toBe(merchant.certificate)
  expect([await refund(next), await refund(next, '', merchant.certificate)]).toEqual(['ORDERNOTEXIST', 'HTTP_400'])
})

it('gives out the folders of its own merchants, with its prefix however the request names it', async () => {
  expect(await downloadMerchant('/ns/a', '1900000150')).toMatchObject({
    prefix: '/ns/a',
    merchant: { mchid: '1900000150', privateKey: expect.stringContaining('PRIVATE KEY') },
  })
  expect((await downloadMerchant('', simulator.merchant.mchid)).prefix).toBe('')
  const byHeader = await server.fetch(
    new Request(`${HOST}/simulator/folder`, { headers: { 'Simulator-Namespace': 'A' } }),
  )
  expect(await byHeader.text()).toContain('"prefix":"/ns/a"')
  await expect(downloadMerchant('', '1900000150')).rejects.toThrow('MERCHANT_UNKNOWN')
})

it('is not brought back by a page whose stream continues after it was removed', async () => {
  await control('/simulator/namespaces', 'POST', { name: 'closed' })
  const events = (query = '', headers = {}) =>
    server.fetch(new Request(`${HOST}/ns/closed/simulator/events${query}`, { headers }))
  const reader = (await events()).body!.getReader()
  const [, id = ''] = /^id: (\S+)$/m.exec(new TextDecoder().decode((await reader.read()).value)) ?? []
  expect(id).toMatch(/-0$/)
  await control('/simulator/namespaces/closed', 'DELETE')
  expect((await reader.read()).done).toBe(true)
  for (const response of [await events('', { 'Last-Event-ID': id }), await events(`?last-event-id=${id}`)])
    expect([response.status, (await response.json()).code]).toEqual([404, 'NAMESPACE_UNKNOWN'])
  expect(server.namespaces.list()).not.toContain('closed')
  await (await events()).body!.cancel()
  expect(server.namespaces.list()).toContain('closed')
})

it('ends its streams when it is removed, and no other streams', async () => {
  const open = async (path: string) => {
    const reader = (await server.fetch(new Request(`${HOST}${path}/simulator/events`))).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('event: start')
    return reader
  }
  const [removed, other, base] = [await open('/ns/gone'), await open('/ns/stays'), await open('')]
  const waiting = removed.read()
  await control('/simulator/namespaces/gone', 'DELETE')
  await control('/ns/stays/simulator/advance', 'POST', { ms: 1 })
  await control('/simulator/advance', 'POST', { ms: 1 })
  for (const reader of [other, base]) expect((await reader.read()).done).toBe(false)
  let part = await waiting
  while (!part.done) part = await removed.read()
  await Promise.all([other.cancel(), base.cancel()])
})
