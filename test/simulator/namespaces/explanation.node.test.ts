/** The explanation of an invalid signature in a namespace. The requests are signed with node:crypto. */
import { randomBytes, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createNamespaceServer, createSimulator } from '../../../src/simulator/index.ts'
import type { TimelineDetail } from '../../../src/simulator/timeline/detail.ts'

const HOST = 'http://127.0.0.1:8989'
const PREFIX = '/ns/signs'
const PATH = '/v3/certificates'
const QUERY = '?a=%E8%8C%B6'
const BODY = '{ "a": "茶" }'

const simulator = await createSimulator({ seed: 'explanation' })
const server = createNamespaceServer(simulator)
let count = 0

interface Parts {
  readonly url: string
  readonly timestamp: string
  readonly nonce: string
}
const lines = (...texts: readonly string[]): string => texts.map(text => `${text}\n`).join('')
const correct = ({ url, timestamp, nonce }: Parts): string => lines('POST', url, timestamp, nonce, BODY)

/** Sends a request to the namespace, and returns the response with what the timeline says about it. */
async function send(url: string, textOf: (parts: Parts) => string) {
  const { mchid, serial, privateKey } = simulator.merchant
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(16).toString('hex')]
  const signed = textOf({ url, timestamp, nonce })
  const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64')
  const parameters = { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature }
  const fields = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
  const headers = {
    authorization: `WECHATPAY2-SHA256-RSA2048 ${fields.join(',')}`,
    accept: 'application/json',
    'user-agent': 'test',
    'content-type': 'application/json',
  }
  const target = `${HOST}${PREFIX}${PATH}${QUERY}`
  const response = await server.fetch(new Request(target, { method: 'POST', headers, body: BODY }))
  const detail = await server.fetch(new Request(`${HOST}${PREFIX}/simulator/timeline/${++count}`))
  return { signed, response, detail: (await detail.json()) as TimelineDetail }
}

describe.each([
  ['without the prefix', PATH + QUERY],
  ['with the prefix', PREFIX + PATH + QUERY],
])('a path signed %s', (_, url) => {
  test.each<[string, (parts: Parts) => string]>([
    ['last-line-break', parts => correct(parts).slice(0, -1)],
    ['body-line', p => lines('POST', p.url, p.timestamp, p.nonce)],
    ['body', p => lines('POST', p.url, p.timestamp, p.nonce, '')],
    ['query', p => correct({ ...p, url: p.url.split('?')[0]! })],
    ['whole-url', p => correct({ ...p, url: HOST + p.url })],
    ['percent-encoding', p => correct({ ...p, url: decodeURIComponent(p.url) })],
    ['method-case', parts => correct(parts).replace('POST', 'post')],
    ['serialized-twice', parts => correct(parts).replace(BODY, '{"a":"茶"}')],
    ['indentation', parts => correct(parts).replace(BODY, '{\n  "a": "茶"\n}')],
    ['carriage-returns', parts => correct(parts).replaceAll('\n', '\r\n')],
    ['escaped-line-breaks', parts => correct(parts).replaceAll('\n', '\\n')],
  ])('is explained with the mistake %s', async (mistake, textOf) => {
    const { signed, detail } = await send(url, textOf)
    expect(detail.entry).toMatchObject({ signature: 'invalid' })
    expect(detail.explanation).toMatchObject({ mistake, signed })
    expect(detail.explanation!.expected.split('\n')[1]).toBe(url)
  })

  test('is the signed text that the timeline shows where it is right', async () => {
    const { signed, detail } = await send(url, correct)
    expect(detail.entry).toMatchObject({ signature: 'valid' })
    expect(detail.signedText).toBe(signed)
  })
})

test('an unexplained signature should have covered the path without the prefix', async () => {
  const { response, detail } = await send('', () => 'something else')
  expect(detail.explanation).toMatchObject({ mistake: 'unknown' })
  for (const text of [detail.explanation!.expected, detail.signedText!]) expect(text.split('\n')[1]).toBe(PATH + QUERY)
  const { detail: refusal } = (await response.json()) as { detail: { sign_information: Record<string, string> } }
  const { url, truncated_sign_message = '' } = refusal.sign_information
  expect([url, truncated_sign_message.split('\n')[1]]).toEqual([PATH + QUERY, PATH + QUERY])
})
