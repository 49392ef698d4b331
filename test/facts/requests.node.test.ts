import { beforeAll, describe, expect, it } from 'vitest'
import type { Schema } from '../../scripts/generate/openapi.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { type Defined, resolve } from '../simulator/definition.node.ts'
import { prepare } from './prepared.ts'
import {
  createMerchant,
  definitionOf,
  type Merchant,
  NO_ENDPOINT,
  type Outcome,
  type Request,
  requestFor,
  schemaAt,
  withValue,
} from './request.ts'
import { type Fact, factsOf, isFollowed, statements } from './statements.ts'

/** Every correction of a request, tried on the simulator: what is right is accepted, what was wrongly accepted is not. */
let merchant: Merchant
let known: Record<string, unknown>
beforeAll(async () => {
  const simulator = await createSimulator({ seed: 'facts' })
  merchant = createMerchant(simulator)
  const { appid, mchid } = simulator.merchant
  const { sub_mchid, openid } = simulator.examples
  known = {
    appid,
    mch_appid: appid,
    sp_appid: appid,
    mch_id: mchid,
    mchid,
    sp_mchid: mchid,
    combine_appid: appid,
    combine_mchid: mchid,
    sub_mchid,
    openid,
    notify_url: 'https://example.com/notify',
    currency: 'CNY',
    auth_code: '101234567890123456',
    trade_type: 'MICROPAY',
    sp_openid: openid,
    return_query_id: 'query-1',
    sign_type: 'HMAC-SHA256',
    timestamp: '1772330400',
    stock_creator_mchid: mchid,
    authenticate_date: '2026-03-01',
    trade_scene: 'PARKING',
    parking_info: PARKING_INFO,
    ...(await prepare(simulator, merchant)),
  }
})

/** No order and no account stands behind most requests; of parameters that are right, the answer is another error. */
const isAccepted = ({ code }: Outcome): boolean => code !== 'PARAM_ERROR'

/** Errors that come before any parameter is looked at. */
const NOT_TRIED = ['SIGN_ERROR', 'SYSTEM_ERROR', 'undefined', NO_ENDPOINT]

/** Documented as required for the only scene of a deduction. */
const PARKING_INFO = {
  parking_id: '1',
  plate_number: '粤B888888',
  plate_color: 'BLUE',
  start_time: '2026-03-01T18:00:00+08:00',
  end_time: '2026-03-01T20:00:00+08:00',
  parking_name: '停车场',
  charging_duration: 3600,
  device_id: '1',
}

/** Further fields of a correct request, for endpoints that require one of several (二选一). */
const EITHER: Readonly<Record<string, readonly string[]>> = {
  'v2 POST /wxv/queryhotelbill': ['body.return_query_id'],
  'v2 POST /wxv/queryrentbill': ['body.return_query_id'],
  'v3 POST /v3/combine-transactions/jsapi': ['body.combine_payer_info.openid'],
  'v3 POST /v3/ecommerce/refunds/apply': ['body.out_trade_no'],
  'v3 POST /v3/fund-app/mch-transfer/transfer-bills/transfer': ['body.authorization_id'],
  'v3 POST /v3/global/micropay/transactions/pay': ['body.appid', 'body.mchid', 'body.payer.auth_code'],
  'v3 POST /v3/pay/partner/transactions/jsapi': ['body.payer.sp_openid'],
  'v3 POST /v3/refund/domestic/refunds': ['body.out_trade_no'],
  'v3 POST /v3/vehicle/transactions/parking': ['body.parking_info'],
}

/** A fact beside the endpoint that it is about. */
interface Trial {
  fact: Fact
  one: Defined
  /** Correct, and with the fact's place in it. */
  request: Request
  schema: Schema | undefined
}

const accepts = async ({ one }: Trial, request: Request, what: string, clear?: string[]): Promise<string[]> => {
  const outcome = await merchant.send(one, request, clear)
  return isAccepted(outcome) && !NOT_TRIED.includes(outcome.code) ? [] : [`${what} is refused: ${outcome.message}`]
}

/** Of an endpoint with placeholders, the service names some fields as if they stood in the path. */
const isNamed = (at: string, field = ''): boolean =>
  field === at || field === at.replace(/^(body|query|path)\./, 'uri_template.')

const refuses = async ({ one, fact }: Trial, request: Request, what: string, clear?: string[]): Promise<string[]> => {
  const outcome = await merchant.send(one, request, clear)
  if (isAccepted(outcome)) return [`${what} is accepted: ${outcome.message.slice(0, 200)}`]
  return isNamed(fact.at, outcome.field) ? [] : [`${what} is refused for ${outcome.field}: ${outcome.message}`]
}

/** A value of no type that the schema has. */
function misfit(given: Schema): unknown {
  const schema = resolve(given)
  if (schema.contentSchema) return '{'
  return schema.type === 'string' ? 7 : 'x'
}

const INVENTED = 'NO_SUCH_VALUE'
/** The value as the schema has it: in a list, as a number. */
function typed(given: Schema, value: string): unknown {
  const schema = resolve(given)
  if (schema.type === 'array') return [typed(schema.items!, value)]
  return schema.type === 'integer' && value !== INVENTED ? Number(value) : value
}
const isText = ({ at }: Fact): boolean => !at.startsWith('body')

/** By facet, how a request shows it. What is wrong, one a line. */
const PROOFS: Readonly<Record<string, (trial: Trial) => Promise<string[]>>> = {
  async required(trial) {
    const { request, fact } = trial
    const without = withValue(request, fact.at, undefined)
    return [
      ...(await accepts(trial, request, 'with it')),
      ...(await (fact.says ? refuses(trial, without, 'without it') : accepts(trial, without, 'without it'))),
    ]
  },

  async enum(trial) {
    const { request, fact, schema } = trial
    const before = (fact.was ?? []) as string[]
    // Where any value is right, so is an invented one.
    const right = (fact.says as string[] | null) ?? [...before, INVENTED]
    const wrong = fact.says ? [...before.filter(value => !right.includes(value)), INVENTED] : []
    const faults: string[] = []
    const valued = (value: string) => withValue(request, fact.at, typed(schema!, value))
    for (const value of right) faults.push(...(await accepts(trial, valued(value), value)))
    for (const value of wrong) faults.push(...(await refuses(trial, valued(value), value)))
    return faults
  },

  async type(trial) {
    const { request, fact } = trial
    const values: Record<string, unknown> = { string: 'text-1', integer: 1, 'string[]': ['text-1'], 'object[]': [{}] }
    const was = values[fact.was as string]
    return [
      ...(await accepts(trial, request, String(fact.says))),
      // In a URL all is text.
      ...(await refuses(trial, withValue(request, fact.at, isText(fact) ? 'x' : was), String(fact.was))),
    ]
  },

  async exists(trial) {
    const { request, fact, schema } = trial
    if (!fact.says)
      return [
        ...(schema ? ['the definition has it'] : []),
        ...(await accepts(trial, withValue(request, fact.at, undefined), 'a request without it')),
      ]
    return [
      ...(await accepts(trial, request, 'a request with it')),
      ...(isText(fact) ? [] : await refuses(trial, withValue(request, fact.at, misfit(schema!)), 'a wrong type')),
    ]
  },

  async encrypted(trial) {
    const { request, fact } = trial
    if (fact.says) {
      return [
        ...(await accepts(trial, request, 'encrypted')),
        ...(await refuses(trial, request, 'in the clear', [fact.at])),
      ]
    }
    return accepts(trial, request, 'in the clear', [fact.at])
  },

  async nonceless(trial) {
    const { request } = trial
    return accepts(trial, { ...request, query: { ...request.query, nonce_str: undefined } }, 'without nonce_str')
  },
}

const isRequest = ({ of, at }: Fact): boolean =>
  of.split(' ').length === 3 && /^(body|query|path|headers|)(\.|$)/.test(at)

/** Facets that no request shows: a length that no definition states, a file's bytes, the kind of a response. */
const NOT_OF_REQUESTS = ['maxLength', 'format', 'answer']
/** An upload is a form; test/simulator/v3/uploads.node.test.ts sends those. */
const isUpload = ({ of }: Fact): boolean => definitionOf(of)?.file !== undefined

/** Every fact of a request that the definitions once had wrong, and now follow. */
const facts = statements
  .filter(({ was }) => was !== undefined)
  .flatMap(factsOf)
  .filter(fact => isRequest(fact) && isFollowed(fact) && !isUpload(fact) && !NOT_OF_REQUESTS.includes(fact.facet))
const endpoints = facts.filter(({ at, facet }) => at === '' && facet === 'exists')
const fields = facts.filter(one => !endpoints.includes(one))

let requests = 0
/** Numbers of the merchant's own. Documents allow letters and digits in each, and `-` only in some. */
const NUMBERS = ['out_trade_no', 'out_request_no', 'business_code', 'out_authorization_no', 'out_bill_no']
/** With a place in it, and all that stands around it; each with numbers of its own. */
function correctRequest(one: Defined, of: string, at: string): Request {
  requests += 1
  const values: typeof known = {
    ...known,
    ...Object.fromEntries(NUMBERS.map(name => [name, `N${String(requests).padStart(7, '0')}`])),
  }
  return (EITHER[of] ?? []).reduce(
    (request, place) => withValue(request, place, values[place.split('.').at(-1)!]),
    requestFor(one, at, values),
  )
}

describe('a request is what the facts say', () => {
  it.each(fields.map(fact => [`${fact.of} ${fact.at}: ${fact.facet} ${JSON.stringify(fact.says)}`, fact] as const))(
    '%s',
    async (_, fact) => {
      const one = definitionOf(fact.of)
      expect(one, 'no such endpoint').toBeDefined()
      const schema = schemaAt(one!, fact.at)
      if (!schema && fact.facet !== 'nonceless' && fact.says !== false) expect.fail('the definition does not have it')
      const request = correctRequest(one!, fact.of, fact.at)
      expect(await PROOFS[fact.facet]!({ fact, one: one!, request, schema })).toEqual([])
    },
  )
})

/** Returns the code and the text of the response to a correct request. */
async function answerOf(of: string): Promise<string> {
  const one = definitionOf(of)
  if (!one) return 'no such definition'
  const { code, message } = await merchant.send(one, correctRequest(one, of, ''))
  return `${code} ${message}`
}

describe('an endpoint is there, or is not', () => {
  it.each(endpoints.map(fact => [`${fact.of}: ${fact.says}`, fact] as const))('%s', async (_, fact) => {
    const [, method, path] = fact.of.split(' ') as [string, string, string]
    if (fact.says) {
      expect(await answerOf(fact.of)).toMatch(/^OK/)
    } else {
      expect(await merchant.ask(method, path.replaceAll(/[{}]/g, ''))).toMatchObject({ code: NO_ENDPOINT })
      const { instead } = statements.find(({ of, says }) => of === fact.of && !says)!
      expect(await answerOf(instead!)).toMatch(/^OK/)
    }
  })
})

it('every fact has a proof', () => {
  expect(fields.filter(({ facet }) => !Object.hasOwn(PROOFS, facet))).toEqual([])
  expect(fields.length).toBeGreaterThan(150)
  expect(endpoints.length).toBeGreaterThan(20)
})
