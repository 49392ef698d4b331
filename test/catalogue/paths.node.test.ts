import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../scripts/generate/endpoint.ts'
import { HOME } from '../../scripts/generate/openapi.ts'
import { traitOf as definedTrait } from '../../scripts/generate/traits.ts'
import { type Chain, chain, fillPath, splitPath, type Target } from '../../src/core/client/chain.ts'
import type { Wechatpay } from '../../src/core/index.ts'
import { traitOf } from '../../src/definitions/trait-of.ts'
import { document, endpoints, nameOf } from './catalogue.ts'
import { fixtures } from './credentials.ts'
import { createStubbedClient, expectRefusal, isSigned, type SentRequest } from './stubbed-client.ts'

describe('the catalogue is whole', () => {
  const count = (names: string[], v2: (name: string) => boolean) => [names.filter(v2).length, names.length]

  test('129 endpoints of APIv2, 1,026 of APIv3, 58 of the brand API', () => {
    expect(count(endpoints.map(nameOf), name => !/ \/(?:v3|brand)\//.test(name))).toEqual([129, 1213])
    expect(count(endpoints.map(nameOf), name => name.includes(' /brand/'))).toEqual([58, 1213])
    for (const prefix of ['v3', 'brand'])
      expect(endpoints.filter(({ api, path }) => (api === prefix) !== path.startsWith(`/${prefix}/`))).toEqual([])
  })

  test('10 notifications of APIv2, 102 of APIv3, 7 of the brand API', () => {
    expect(count(Object.keys(document.webhooks ?? {}), name => name.startsWith('v2/'))).toEqual([10, 119])
  })
})

const SPELLINGS: Readonly<Record<string, (name: string) => string>> = {
  _name_: name => `_${name}_`,
  $name$: name => `$${name}$`,
  '{name}': name => `{${name}}`,
}
const PLACEHOLDER = /\{(\w+)\}/g
/** A value that has to be percent-encoded: as it is given, and as it goes out. */
const VALUE = { given: '4200/é 1', sent: '4200%2F%C3%A9%201' }

const camelCase = (segment: string): string => segment.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
/** The path with its API, as `chain('v3/…')` takes it. */
const written = ({ api, path }: Endpoint): string => (api === 'v2' ? `v2${path}` : path.slice(1))
const verbOf = ({ method }: Endpoint): string => method.toLowerCase()
const valuesOf = ({ placeholders }: Endpoint): Record<string, string> =>
  Object.fromEntries(placeholders.map(name => [name, VALUE.given]))

/** A chain has no word for the slash that ends some documented paths: the client adds it. */
const withoutSlash = (path: string): string => path.replace(/\/$/, '')

/** The properties that lead to an endpoint. */
const properties = (path: string): string[] =>
  withoutSlash(path)
    .split('/')
    .map(one => (/^[{_$]/.test(one) ? one : camelCase(one)))

const follow = (from: unknown, steps: readonly string[]): Chain =>
  steps.reduce((node, step) => (node as Record<string, Chain>)[step]!, from as Chain)

/** Every spelling of an endpoint, by name; each ends before the verb. */
function spellingsOf(endpoint: Endpoint, start: (path: string) => Chain, root: unknown): Map<string, Chain> {
  const path = written(endpoint)
  const forms = new Map<string, Chain>()
  for (const [name, spell] of Object.entries(SPELLINGS)) {
    const spelt = path.replace(PLACEHOLDER, (_, name: string) => spell(name))
    forms.set(`properties ${name}`, follow(root, properties(spelt)))
    forms.set(`chain(${name})`, start(spelt))
    forms.set(`chain(/${name})`, start(`/${spelt}`))
  }
  const filled = path.replace(PLACEHOLDER, '4200000001')
  forms.set('properties, filled', follow(root, properties(filled)))
  forms.set('chain, filled', start(path.replace(PLACEHOLDER, VALUE.sent)))
  return forms
}

describe('the chain', () => {
  const targetOf = (path: readonly string[]): Chain => chain(path, target => target)
  const root = { v2: targetOf(['v2']), v3: targetOf(['v3']), brand: targetOf(['brand']) }

  test('leads to method and path of every endpoint, in every spelling', async () => {
    const wrong: string[] = []
    for (const endpoint of endpoints) {
      const { api, path } = endpoint
      for (const [name, node] of spellingsOf(endpoint, path => targetOf(splitPath(path)), root)) {
        const value = name.startsWith('properties') ? '4200000001' : VALUE.sent
        const template = withoutSlash(name.includes('filled') ? path.replace(PLACEHOLDER, value) : path)
        const target = (await node[verbOf(endpoint)]!()) as Target
        if (target.api !== api || target.template !== template || target.verb !== verbOf(endpoint))
          wrong.push(`${nameOf(endpoint)}, ${name}: ${JSON.stringify(target)}`)
      }
      const filled = fillPath(path, valuesOf(endpoint))
      if (filled !== path.replace(PLACEHOLDER, VALUE.sent)) wrong.push(`${nameOf(endpoint)}: ${filled}`)
    }
    expect(wrong).toEqual([])
  })

  test('of a client, its chain(…) and its index form, are that chain', () => {
    const { wxpay } = createStubbedClient(fixtures)
    const wrong: string[] = []
    for (const endpoint of endpoints) {
      const index = (path: string) => (wxpay as unknown as Record<string, Chain>)[path]!
      const forms = [
        ...spellingsOf(endpoint, path => wxpay.chain(path) as unknown as Chain, wxpay),
        ...spellingsOf(endpoint, index, wxpay),
      ]
      const expected = spellingsOf(endpoint, path => targetOf(splitPath(path)), root)
      // A chain's text is its path.
      for (const [name, node] of forms) {
        if (`${node}` !== `${expected.get(name)}`) wrong.push(`${nameOf(endpoint)}, ${name}: ${node}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

test('a path that is filled in has the traits of its definition', () => {
  const wrong = endpoints.flatMap(endpoint => {
    const { method, path } = endpoint
    const due = comparable(definedTrait(document, endpoint))
    return [path, path.replace(PLACEHOLDER, VALUE.sent)].flatMap(one => {
      const trait = comparable(traitOf(method, one))
      return trait === due ? [] : [`${method} ${one}: ${trait} for ${due}`]
    })
  })
  expect(wrong).toEqual([])
})

/** Neither the order of the members nor, but for what is within another, that of the fields says anything. */
const comparable = (trait: object): string =>
  JSON.stringify(
    Object.entries(trait)
      .map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value])
      .sort(),
  )

/** GET and DELETE take their options first. */
function callOf(endpoint: Endpoint, node: Chain, values: object): Promise<unknown> {
  const { method, body } = endpoint
  const options = { ...values, params: {} }
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const given = body?.kind === 'multipart' ? { [fileOf(endpoint)]: new File(['a'], 'a.png') } : {}
  return node[verbOf(endpoint)]!(...(hasBody ? [given, options] : [options]))
}

/** The name of an upload's file. */
const fileOf = ({ body }: Endpoint): string =>
  Object.entries(body?.schema.properties ?? {}).find(([, { format }]) => format === 'binary')?.[0] ?? 'file'

/** Where the definition says that a request goes: to its first access point, or to the last, where it has two. */
const destination = (
  { operation: { servers = [{ url: HOME }] }, path }: Endpoint,
  value: string,
  last = false,
): string => servers.at(last ? -1 : 0)!.url.replace(/\/$/, '') + path.replace(PLACEHOLDER, value)

const signedText = ({ body }: Endpoint, { body: bytes }: SentRequest): string => {
  const text = new TextDecoder().decode(bytes)
  return body?.kind === 'multipart' ? (/\r\n\r\n(\{.*\})\r\n/.exec(text)?.[1] ?? '') : text
}

/** Returns the faults of the request that was sent for an endpoint. */
function faultsOf(endpoint: Endpoint, sent: SentRequest | undefined, due: string): string[] {
  if (!sent) return ['nothing sent']
  const { url, method, certified } = sent
  const faults: string[] = []
  const at = url.origin + url.pathname
  if (at !== due) faults.push(`went to ${at}`)
  if (method !== endpoint.method) faults.push(`sent by ${method}`)
  if (certified !== (endpoint.operation['x-mtls'] ?? false)) faults.push(`client certificate: ${certified}`)
  if (endpoint.api !== 'v2' && !isSigned(sent, signedText(endpoint, sent), fixtures)) faults.push('badly signed')
  return faults
}

async function faultsOfCalls(
  some: readonly Endpoint[],
  call: (wxpay: Wechatpay, endpoint: Endpoint) => Promise<unknown>,
  hongKong = false,
): Promise<string[]> {
  const { wxpay, sent } = createStubbedClient(fixtures, undefined, { hongKong })
  const wrong: string[] = []
  for (const endpoint of some) {
    const before = sent.length
    const due = destination(endpoint, VALUE.sent, hongKong)
    const failed = await expectRefusal(call(wxpay, endpoint)).catch((error: Error) => [
      `${error.name}: ${error.message}`,
    ])
    wrong.push(...(failed ?? faultsOf(endpoint, sent[before], due)).map(fault => `${nameOf(endpoint)}: ${fault}`))
  }
  return wrong
}

describe('a call of every endpoint goes out by its method, to its host and path, all of the path signed:', () => {
  const byProperties = (wxpay: Wechatpay, endpoint: Endpoint): Promise<unknown> =>
    callOf(endpoint, follow(wxpay, properties(written(endpoint).replace(PLACEHOLDER, '_$1_'))), valuesOf(endpoint))

  test('by properties, placeholders filled from the options', async () => {
    expect(await faultsOfCalls(endpoints, byProperties)).toEqual([])
  })

  test('by the index form, filled in already', async () => {
    const byIndex = (wxpay: Wechatpay, endpoint: Endpoint): Promise<unknown> => {
      const path = written(endpoint).replace(PLACEHOLDER, VALUE.sent)
      return callOf(endpoint, (wxpay as unknown as Record<string, Chain>)[path]!, {})
    }
    expect(await faultsOfCalls(endpoints, byIndex)).toEqual([])
  })

  test('by request(…)', async () => {
    const byRequest = (wxpay: Wechatpay, endpoint: Endpoint): Promise<unknown> => {
      const body = endpoint.body?.kind === 'multipart' ? { [fileOf(endpoint)]: new File(['a'], 'a.png') } : undefined
      const path = written(endpoint).replace(PLACEHOLDER, VALUE.sent)
      return wxpay.request(endpoint.method, path, { body: endpoint.api === 'v2' ? (body ?? {}) : body, params: {} })
    }
    expect(await faultsOfCalls(endpoints, byRequest)).toEqual([])
  })

  test('to the second access point of those that have two, where the merchant chose it', async () => {
    const prefixes = ({ operation }: Endpoint) => operation.servers?.map(({ url }) => new URL(url).pathname) ?? []
    const choice = endpoints.filter(endpoint => {
      const [first, second] = prefixes(endpoint)
      return second !== undefined && second === first
    })
    expect(choice.length).toBe(76)
    expect(await faultsOfCalls([...choice, ...endpoints.slice(0, 100)], byProperties, true)).toEqual([])
  })

  test('as the signed URL of a redirect, by every spelling', async () => {
    const { wxpay, sent } = createStubbedClient(fixtures)
    const redirects = endpoints.filter(({ response }) => response.kind === 'redirect')
    expect(redirects.length).toBeGreaterThan(0)
    for (const endpoint of redirects) {
      for (const [name, node] of spellingsOf(endpoint, path => wxpay.chain(path) as unknown as Chain, wxpay)) {
        const url = new URL((await node.url!({ params: { appid: 'a' } })) as string)
        expect(url.origin + url.pathname, name).toBe(destination(endpoint, ''))
        expect([...url.searchParams.keys()], name).toContain('sign')
      }
    }
    expect(sent).toEqual([])
  })
})

describe('traps', () => {
  const lastOf = async (call: (wxpay: Wechatpay) => Promise<unknown>): Promise<SentRequest> => {
    const { wxpay, sent } = createStubbedClient(fixtures)
    await expectRefusal(call(wxpay))
    return sent.at(-1)!
  }
  /** The request does not depend on it. */
  const body = {} as never

  test.each<[string, (wxpay: Wechatpay) => Promise<unknown>]>([
    [
      'POST /v3/profitsharing/receivers/delete',
      ({ v3 }) => v3.profitsharing.receivers.delete.post({ appid: '', type: 'MERCHANT_ID', account: '' }),
    ],
    ['DELETE /v3/profitsharing/receivers', wxpay => wxpay.chain('v3/profitsharing/receivers' as string).delete()],
    [
      'DELETE /v3/profitsharing/receivers/delete',
      wxpay => wxpay.chain('v3/profitsharing/receivers/delete' as string).delete(),
    ],
    [
      'DELETE /v3/merchant-service/complaint-notifications',
      ({ v3 }) => v3.merchantService.complaintNotifications.delete(),
    ],
    ['POST /v3/papay/pay/transactions/apply', ({ v3 }) => v3.papay.pay.transactions.apply.post(body)],
    [
      'POST /v3/merchant-store/stores/12/recipients/bind',
      ({ v3 }) => v3.merchantStore.stores._store_id_.recipients.bind.post(body, { store_id: 12 }),
    ],
    [
      'POST /v3/pay-devices/open-scenario-speaker/12/bind',
      ({ v3 }) => v3.payDevices.openScenarioSpeaker.$device_sn$.bind.post(body, { device_sn: '12' }),
    ],
    ['POST /v3/mch_operate/risk/withdrawl-apply', ({ v3 }) => v3.mch_operate.risk.withdrawlApply.post(body)],
    [
      'POST /v3/merchant/media/video_upload',
      ({ v3 }) => v3.merchant.media.video_upload.post({ file: new File(['a'], 'a.mp4') }),
    ],
    ['POST /secapi/mch/addInstitutionsub', ({ v2 }) => v2.secapi.mch.addInstitutionsub.post(body)],
    ['POST /face/get_wxpayface_authinfo', ({ v2 }) => v2.face.get_wxpayface_authinfo.post(body)],
    [
      'POST /v3/apply4subject/applyment/2000001234567890/cancel',
      ({ v3 }) => v3.apply4subject.applyment._applyment_id_.cancel.post(undefined, { applyment_id: 2000001234567890 }),
    ],
    [
      'POST /v3/apply4subject/applyment/APPLYMENT_01/cancel',
      ({ v3 }) => v3.apply4subject.applyment._business_code_.cancel.post(undefined, { business_code: 'APPLYMENT_01' }),
    ],
  ])('%s', async (expected, call) => {
    const { method, url } = await lastOf(call)
    expect(`${method} ${url.pathname}`).toBe(expected)
  })

  test('two paths that differ in a placeholder’s name alone do not take each other’s parameter', async () => {
    const { wxpay, sent } = createStubbedClient(fixtures)
    const { applyment } = wxpay.v3.apply4subject
    const wrong = { business_code: '1' } as never
    await expect(applyment._applyment_id_.cancel.post(undefined, wrong)).rejects.toMatchObject({
      field: 'business_code',
    })
    expect(sent).toEqual([])
  })

  test.each<[string, (wxpay: Wechatpay) => Promise<unknown>]>([
    [
      'https://api.mch.weixin.qq.com/hk/v3/refunds/id/12%2F3?a=b',
      wxpay => wxpay.chain('v3/refunds/id/{refund_id}' as string).get({ refund_id: '12/3', params: { a: 'b' } }),
    ],
    [
      'https://apihk.mch.weixin.qq.com/global/v3/customs/orders?a=b',
      wxpay => wxpay.chain('v3/customs/orders' as string).get({ params: { a: 'b' } }),
    ],
  ])('the prefix of %s is signed', async (expected, call) => {
    const sent = await lastOf(call)
    expect(sent.url.href).toBe(expected)
    expect(isSigned(sent, '', fixtures)).toBe(true)
    const { pathname, origin, search } = sent.url
    const bare = new URL(origin + pathname.slice(pathname.indexOf('/v3/')) + search)
    expect(isSigned({ ...sent, url: bare }, '', fixtures)).toBe(false)
  })
})
