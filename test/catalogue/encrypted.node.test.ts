import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../scripts/generate/endpoint.ts'
import { encrypted, type Reply, type Wechatpay } from '../../src/core/index.ts'
import { SERVER_KEY } from '../fixtures/keys.ts'
import { answerOf, unlike } from './answer.ts'
import { endpoints, nameOf } from './catalogue.ts'
import { type BrandCredentials, credentialsOf } from './credentials.ts'
import { requestFaults } from './request-faults.ts'
import {
  answerSample,
  encryptedIn,
  given,
  holdsText,
  type RequestSample,
  requestSample,
  type Sample,
  written,
} from './sample.ts'
import { encryptFor, type OpeningKeys } from './sample-faults.ts'
import { simulated } from './simulated.ts'
import { createStubbedClient, expectRefusal, refusedResponse, type SentRequest } from './stubbed-client.ts'
import { writeXml } from './v2-message.ts'

/** The private half of the key that `/risk/getpublickey` returns. */
const bankKey = createPrivateKey(SERVER_KEY)

let credentials: BrandCredentials
beforeAll(async () => {
  credentials = await simulated()
})

const keysOf = ({ api }: Endpoint): OpeningKeys => ({
  rsa: credentialsOf(credentials, api).platformPrivateKey,
  'rsa-bank': bankKey,
})

/** Calls an endpoint with all that its definition knows. */
function call(
  wxpay: Wechatpay,
  { api, method, path, placeholders }: Endpoint,
  { query, headers, body }: RequestSample,
  write: (sample: Sample) => unknown = given,
): Promise<Reply<unknown>> {
  const chain = wxpay.chain((api === 'v2' ? `v2${path}` : path) as string)
  const options = {
    ...Object.fromEntries(placeholders.map(name => [name, '12'])),
    params: write(query) as never,
    headers: write(headers) as never,
  }
  const message = body && write(body)
  switch (method) {
    case 'GET':
      return chain.get(options)
    case 'DELETE':
      return chain.delete({ ...options, body: message })
    default:
      return chain[method.toLowerCase() as 'post'](message, options)
  }
}

const failure = ({ name, message }: Error): string[] => [`${name}: ${message}`]

describe('of a request with every field that its definition has', () => {
  /** Refuses everything but to say which key the bank's fields are encrypted with. */
  const answerBank = ({ url }: SentRequest): Response => {
    if (url.pathname !== '/risk/getpublickey') return refusedResponse()
    const pub_key = createPublicKey(bankKey as never).export({ type: 'pkcs1', format: 'pem' }) as string
    return new Response(writeXml({ return_code: 'SUCCESS', result_code: 'SUCCESS', mch_id: '1900000109', pub_key }))
  }

  async function faultsOf(
    some: readonly Endpoint[],
    answer: (sent: SentRequest) => Response,
    write: (sample: Sample) => unknown = given,
  ): Promise<string[]> {
    const { wxpay, sent } = createStubbedClient(credentials, answer)
    const wrong: string[] = []
    for (const endpoint of some) {
      const sample = namingKey(requestSample(endpoint))
      const faults = (await expectRefusal(call(wxpay, endpoint, sample, write)).catch(failure)) ?? [
        ...(await requestFaults(endpoint, sample, sent.at(-1)!, credentials, keysOf(endpoint))),
        ...(endpoint.api === 'brand' || (endpoint.api === 'v3' && isEncrypted(sample))
          ? serialFaults(endpoint, sent.at(-1)!)
          : []),
      ]
      wrong.push(...faults.map(fault => `${nameOf(endpoint)}: ${fault}`))
    }
    return wrong
  }
  /** Of APIv2, the message itself names the key. */
  const namingKey = ({ body, ...rest }: RequestSample): RequestSample => {
    if (!body?.members.cert_sn) return { ...rest, body }
    const cert_sn = { kind: 'plain', value: credentials.platformKeyId } as const
    return { ...rest, body: { ...body, members: { ...body.members, cert_sn } } }
  }
  const serialFaults = ({ api }: Endpoint, { headers }: SentRequest): string[] => {
    const serial = headers.get('wechatpay-serial')
    return serial === credentialsOf(credentials, api).platformKeyId ? [] : [`Wechatpay-Serial: ${serial}`]
  }

  const isEncrypted = ({ query, body }: RequestSample): boolean =>
    encryptedIn(query).length + encryptedIn(body).length > 0
  const [encryption, plain] = [true, false].map(encryption =>
    endpoints.filter(endpoint => isEncrypted(requestSample(endpoint)) === encryption),
  )

  test('what is encrypted opens with WeChat Pay’s private key to the text given, all else is as given', async () => {
    expect(encryption!.length).toBeGreaterThan(80)
    expect(await faultsOf(encryption!, answerBank)).toEqual([])
  })

  test('what the caller encrypted goes out as it is', async () => {
    for (const api of ['v2', 'v3', 'brand'] as const) {
      const some = encryption!.filter(endpoint => endpoint.api === api)
      const keyOf = (by: string): KeyObject => createPublicKey(keysOf(some[0]!)[by] as never)
      const { platformKeyId } = credentialsOf(credentials, api)
      const preencrypted = (sample: Sample): unknown =>
        given(sample, ({ value, by }) => encrypted(encryptFor(keyOf(by), value), platformKeyId))
      expect(await faultsOf(some, refusedResponse, preencrypted)).toEqual([])
    }
  })

  test('nothing is encrypted where nothing has to be', async () => {
    expect(await faultsOf(plain!, refusedResponse)).toEqual([])
  })

  test('a text that holds JSON, or a form, may be given as text', async () => {
    const holding = plain!.filter(endpoint => {
      const { query, body } = requestSample(endpoint)
      return holdsText(query) || holdsText(body)
    })
    expect(holding.length).toBeGreaterThan(20)
    expect(await faultsOf(holding, refusedResponse, written)).toEqual([])
  })
})

describe('of an answer with every field that its definition has', () => {
  const answered = endpoints.flatMap(endpoint => {
    const sample = answerSample(endpoint)
    return sample ? [{ endpoint, sample }] : []
  })
  const [opened, plain] = [true, false].map(isEncrypted =>
    answered.filter(({ sample }) => encryptedIn(sample).length > 0 === isEncrypted),
  )

  async function faultsOf(some: typeof answered): Promise<string[]> {
    const wrong: string[] = []
    for (const { endpoint, sample } of some) {
      const { response, due } = answerOf(endpoint, sample, credentialsOf(credentials, endpoint.api))
      const { wxpay } = createStubbedClient(credentials, () => response)
      const faults = await call(wxpay, endpoint, shortest(requestSample(endpoint))).then(
        ({ data }) => unlike(data, due, 'answer'),
        failure,
      )
      wrong.push(...faults.map(fault => `${nameOf(endpoint)}: ${fault}`))
    }
    return wrong
  }

  /** An upload needs its file; any other call goes without a word. */
  const shortest = ({ body, ...rest }: RequestSample): RequestSample => {
    const isUpload = Object.values(body?.members ?? {}).some(({ kind }) => kind === 'file')
    return { ...rest, body: body && !isUpload ? { kind: 'object', members: {} } : body }
  }

  test('what is encrypted for the merchant is opened, all else is as it came', async () => {
    expect(opened!.length).toBeGreaterThan(30)
    expect(await faultsOf(opened!)).toEqual([])
  })

  test('nothing is opened that is not encrypted', async () => {
    expect(await faultsOf(plain!)).toEqual([])
  })
})
