import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { processorTime } from '../../growth.ts'
import { CALLER, createTestGateway, json, type TestGateway } from '../test-gateway.ts'

// A caller sends the most expensive body that a megabyte holds.

const CAPPED = { ...CALLER, maxAmount: 100 }
let one: TestGateway
beforeEach(async () => {
  one = await createTestGateway({ callers: [CAPPED], authenticate: async () => CAPPED })
})

afterEach(() => {
  vi.restoreAllMocks()
})

const MEGABYTE = 1024 * 1024
const deep = (levels: number, inside: string) => `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`

test.each<[string, string]>([
  ['a list in 100,000 others', `{"amount":{"total":${deep(100_000, '1')}}}`],
  ['a long list in 1,000 others', `{"amount":{"total":${deep(1_000, `1${',1'.repeat(400_000)}`)}}}`],
  ['nothing but brackets', '['.repeat(MEGABYTE - 10)],
  ['objects in objects', `${'{"amount":'.repeat(90_000)}1${'}'.repeat(90_000)}`],
])('%s is refused as a body, quickly', async (_, body) => {
  for (const path of ['/v3/pay/transactions/native', '/v2/pay/unifiedorder', '/checkout/native']) {
    const start = processorTime()
    const response = await one.call(path, { ...json({}), body })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BODY_INVALID', detail: expect.stringContaining('64 levels') }),
    ])
    expect(processorTime() - start).toBeLessThan(1_000)
  }
  expect(one.simulator.journal).toHaveLength(0)
})

test.each<[string, string]>([
  ['empty objects', '{}'],
  ['empty lists', '[]'],
  ['digits', '1'],
  ['objects with one member', '{"a":1}'],
])('a megabyte of %s is refused before it is parsed', async (_, value) => {
  const values = Array.from({ length: Math.floor((MEGABYTE - 100) / (value.length + 1)) }, () => value)
  const body = `{"out_trade_no":"1","detail":[${values.join(',')}]}`
  const parse = vi.spyOn(JSON, 'parse')
  for (const path of ['/v3/pay/transactions/native', '/v2/pay/unifiedorder', '/checkout/native']) {
    const response = await one.call(path, { ...json({}), body })
    const { detail } = (await response.json()) as { detail: string }
    expect([response.status, detail]).toEqual([400, expect.stringContaining('more than 50000 values')])
  }
  expect(parse.mock.calls.filter(([text]) => text.length > 10_000)).toEqual([])
  expect(one.simulator.journal).toHaveLength(0)
})

test('a batch of 3,000 transfers is within the bounds of a body', async () => {
  const transfer = { out_detail_no: 'x', transfer_amount: 1, transfer_remark: '{,[', openid: 'o', user_name: 'n' }
  const text = JSON.stringify({ transfer_detail_list: Array.from({ length: 3_000 }, () => transfer) })
  const response = await one.call('/v3/transfer/batches', { ...json({}), body: text })
  expect(await response.text()).not.toContain('more than')
})

test('a long list of amounts in 50 others costs no more than it is long', async () => {
  const body = `{"amount":{"total":${deep(50, `1${',1'.repeat(49_000)}`)}}}`
  const start = processorTime()
  const response = await one.call('/v3/pay/transactions/native', { ...json({}), body })
  expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'AMOUNT_OVER_CAP' })])
  expect(processorTime() - start).toBeLessThan(2_000)
})

/** A form of as many parts as fit into some bytes. It lacks its end, for which it would be refused if it were parsed. */
const tinyParts = (part: string, bytes: number): string =>
  `--x\r\n${part}\r\n`.repeat(Math.floor(bytes / (part.length + 7)))

test.each<[string, string, string]>([
  ['files', 'content-disposition:form-data;name="";filename=""\r\n\r\n', 'multipart/form-data; boundary=x'],
  ['texts', 'content-disposition:form-data;name=""\r\n\r\n', 'multipart/form-data; charset=utf-8; boundary="x"'],
])('a form of tiny %s is refused before it is parsed', async (_, part, type) => {
  const digest = vi.spyOn(crypto.subtle, 'digest')
  for (const [path, bytes] of [
    ['/v3/merchant/media/video_upload', 5_200_000],
    ['/v3/merchant/media/upload', 2_100_000],
  ] as const) {
    const headers = { 'content-type': type, 'idempotency-key': 'k' }
    const response = await one.call(path, { method: 'POST', headers, body: tinyParts(part, bytes) })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BODY_INVALID', detail: expect.stringContaining('more than 32 parts') }),
    ])
  }
  expect(digest.mock.calls.length).toBeLessThan(20)
  expect(one.simulator.journal).toHaveLength(0)
})

test.each<[string, string, string]>([
  ['deep JSON', '['.repeat(100_000), '64 levels'],
  ['much JSON', `[${'1,'.repeat(60_000)}1]`, '50000 values'],
  ['a long text', `"${'x'.repeat(MEGABYTE)}"`, `${MEGABYTE} characters`],
])('a form with %s in a field is refused', async (_, text, bound) => {
  const body = new FormData()
  body.set('file', new File(['x'], 'a.mp4'))
  body.set('meta', text)
  const response = await one.call('/v3/merchant/media/video_upload', { method: 'POST', body })
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({ code: 'BODY_INVALID', detail: expect.stringContaining(bound) }),
  ])
  expect(one.simulator.journal).toHaveLength(0)
})
