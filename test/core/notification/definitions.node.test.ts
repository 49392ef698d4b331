import { describe, expect, it } from 'vitest'
import { endpointsOf } from '../../../scripts/generate/endpoint.ts'
import { notificationsOf } from '../../../scripts/generate/notification.ts'
import type { Schema } from '../../../scripts/generate/openapi.ts'
import { receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { PRIVATE_KEY } from '../../fixtures/keys.ts'
import { document, membersOf, resolve } from '../../simulator/definition.node.ts'
import {
  APIV2_KEY,
  APIV3_KEY,
  createSender,
  MCHID,
  URL as NOTIFY_URL,
  post,
  signed,
  signedText,
  signText,
  xml,
} from './signer.ts'

// Judged by the definitions themselves, not by the table that is generated from them.

const notifications = notificationsOf(document)
const endpoints = endpointsOf(document).filter(({ api }) => api === 'v2')
const isElements = (field: Schema) => /^(?:object|array)$/.test(String(resolve(field).type))
const nestedIn = (schema: Schema) =>
  Object.entries(membersOf(schema).properties).flatMap(([name, field]) => (isElements(field) ? [name] : []))

describe('which documented APIv2 messages nest or repeat elements', () => {
  it('of the notifications one, and its list is in no signature', () => {
    const nesting = notifications
      .filter(({ api, message }) => api === 'v2' && nestedIn(message.schema).length > 0)
      .map(({ event, message }) => [event, nestedIn(message.schema)])
    expect(nesting).toEqual([['transactions-risk-occurred', ['transaction_id_list']]])
  })

  it('of the responses none that is signed', () => {
    const nesting = endpoints
      .filter(({ response }) => response.schema && nestedIn(response.schema).length > 0)
      .map(({ path, response }) => [path, 'sign' in membersOf(response.schema!).properties])
    expect(nesting).toEqual([
      ['/mmpaymkttransfers/gethbinfo', false],
      ['/secapi/mch/submchmanage', false],
    ])
  })
})

const wxpay = new Wechatpay({ mchid: MCHID, apiv2Key: APIV2_KEY, apiv3Key: APIV3_KEY })

/** A text for each field: the first value that is known, the merchant's number for a merchant's. */
const textsOf = (fields: Readonly<Record<string, Schema>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name, field]) => name !== 'sign' && !isElements(field))
      .map(([name, field]) => [
        name,
        /^(?:combine_)?mch_?id$/.test(name) ? MCHID : String(resolve(field).enum?.[0] ?? '1'),
      ]),
  )
const eventOf = async (texts: Record<string, string>) =>
  receiveNotification(wxpay, post(xml(await signed(texts)))).then(
    ({ event }) => event,
    error => error.code,
  )

describe('every text of APIv2 that is signed, with every field that its definition knows, is no notification:', () => {
  it(`the responses of all ${endpoints.length} endpoints`, async () => {
    const taken: string[] = []
    for (const { path, response } of endpoints) {
      const { properties } = membersOf(response.schema ?? {})
      if (!properties.sign) continue
      const texts = textsOf(properties)
      const [, trade_type] = /\/(micropay|facepay)$/.exec(path) ?? []
      const event = await eventOf(trade_type ? { ...texts, trade_type: trade_type.toUpperCase() } : texts)
      if (event !== 'NOTIFICATION_UNKNOWN') taken.push(`${path}: ${event}`)
    }
    expect(taken).toEqual([])
  })

  it('their requests, and their signed URLs', async () => {
    const taken: string[] = []
    for (const { path, body, query } of endpoints) {
      const { properties } = membersOf(body?.schema ?? {})
      const queried = Object.fromEntries(query.map(({ name, schema = {} }) => [name, schema]))
      for (const texts of [textsOf(properties), textsOf(queried)]) {
        if (Object.keys(texts).length === 0) continue
        const event = await eventOf(texts)
        if (event !== 'NOTIFICATION_UNKNOWN') taken.push(`${path}: ${event}`)
      }
    }
    expect(taken).toEqual([])
  })

  const ofPayments = notifications.filter(
    ({ api, message, event }) => api === 'v2' && message.kind === 'xml' && event !== 'refund-processed',
  )
  it.each(ofPayments.map(({ event, message }) => [event, message.schema] as const))(
    'but %s is one, with all its fields and with the required ones',
    async (event, schema) => {
      const { properties, required } = membersOf(schema)
      expect(await eventOf(textsOf(properties))).toBe(event)
      const only = Object.entries(properties).filter(([name]) => required.has(name))
      expect(await eventOf(textsOf(Object.fromEntries(only)))).toBe(event)
    },
  )
})

describe('a signed text whose fields are split in another way than WeChat Pay split them', () => {
  const definitions = notifications.filter(
    ({ api, message, event }) => api === 'v2' && message.kind === 'xml' && event !== 'refund-processed',
  )
  const isJson = (field: Schema) => resolve(field).contentMediaType === 'application/json'
  /** As {@link textsOf}, with JSON where the definition says so, sorted as they are signed. */
  const sortedTexts = (fields: Readonly<Record<string, Schema>>): [string, string][] =>
    Object.entries(textsOf(fields))
      .map(([name, text]): [string, string] => [name, isJson(fields[name]!) ? '{"a":1}' : text])
      .sort(([one], [other]) => (one < other ? -1 : 1))
  /** Every way in which one field takes those that follow into its value. */
  function* absorptions(fields: readonly [string, string][]) {
    for (const [at, [name, text]] of fields.entries())
      for (let end = at + 2; end <= fields.length; end++) {
        const absorbed = fields.slice(at + 1, end)
        const value = [text, ...absorbed.map(([key, own]) => `${key}=${own}`)].join('&')
        yield { name, absorbed, fields: [...fields.slice(0, at), [name, value], ...fields.slice(end)] as typeof fields }
      }
  }
  const taken = async (fields: readonly [string, string][], sign: string) =>
    receiveNotification(wxpay, post(xml({ ...Object.fromEntries(fields), sign }))).then(
      ({ event }) => event,
      () => undefined,
    )

  it.each(definitions.map(({ event, message }) => [event, message.schema] as const))(
    'cannot lose a field of %s',
    async (_, schema) => {
      const { properties } = membersOf(schema)
      const fields = sortedTexts(properties)
      const sign = await signText(signedText(Object.fromEntries(fields)))
      expect(await taken(fields, sign)).toBeDefined()
      for (const { name, absorbed, fields: split } of absorptions(fields))
        expect(await taken(split, sign), `${name} absorbs ${absorbed.map(([key]) => key)}`).toBeUndefined()
    },
  )

  it.each(definitions.map(({ event, message }) => [event, message.schema] as const))(
    'may hold "&name=" only in text that somebody chooses: %s',
    async (event, schema) => {
      const { properties } = membersOf(schema)
      const free = ['attach', 'contract_display_account'].filter(name => name in properties)
      const accepted: string[] = []
      for (const chosen of ['attach', 'contract_display_account']) {
        const fields = { ...Object.fromEntries(sortedTexts(properties)), [chosen]: 'uid=7&batch=2' }
        if ((await eventOf(fields)) === event) accepted.push(chosen)
      }
      expect(accepted).toEqual(free)
    },
  )

  it.each(definitions.map(({ event, message }) => [event, message.schema] as const))(
    'is no %s that the "attach" of any request or response holds',
    async (_, schema) => {
      const { properties, required } = membersOf(schema)
      const only = Object.fromEntries(Object.entries(properties).filter(([name]) => required.has(name)))
      const wanted = sortedTexts(only)
      const passed: string[] = []
      for (const { path, body, response } of endpoints)
        for (const shape of [body?.schema, response.schema]) {
          const own = sortedTexts(membersOf(shape ?? {}).properties).filter(([name]) => name !== 'attach')
          const before = own.filter(([name]) => name < 'attach')
          const rest = own.filter(([name]) => name > 'attach')
          const made = wanted.filter(([name]) => name > 'attach')
          // The caller chooses "attach", up to any field of the notification; the rest may be the text's own.
          for (let length = 1; length <= made.length; length++) {
            const chosen = made.slice(0, length)
            const attach = ['x', ...chosen.map(([name, text]) => `${name}=${text}`)].join('&')
            const [last, text] = chosen.at(-1)!
            for (let swallowed = 1; swallowed <= rest.length; swallowed++) {
              const tail = rest.slice(swallowed)
              if (tail.some(([name]) => name <= last)) continue
              const value = [text, ...rest.slice(0, swallowed).map(([name, text]) => `${name}=${text}`)].join('&')
              const head = [...before, ['attach', 'x'], ...chosen.slice(0, -1), [last, value]] as typeof own
              const names = new Set([...head, ...tail].map(([name]) => name))
              // Without a required field it is no notification, whatever absorbs what.
              if (!wanted.every(([name]) => names.has(name))) continue
              const sign = await signText(signedText(Object.fromEntries([...before, ['attach', attach], ...rest])))
              const event = await taken([...head, ...tail], sign)
              if (event) passed.push(`${path}: ${event}`)
            }
          }
        }
      expect(passed).toEqual([])
    },
    60_000,
  )

  it('is no combined payment whose list absorbs a request', async () => {
    const list = 'x&combine_appid=a&combine_mch_id=1900000109&combine_out_trade_no=C&nonce_str=n&result_code=SUCCESS'
    const request = {
      attach: `${list}&return_code=SUCCESS&sign_type=HMAC-SHA256&sub_order_list={}`,
      notify_url: NOTIFY_URL,
      total_fee: '1',
      trade_type: 'JSAPI',
    }
    const [head, tail] = signedText(request).split('&notify_url=')
    const fields = Object.fromEntries(head!.split('&').map(pair => pair.split(/=(.*)/s).slice(0, 2)))
    const [absorbed] = tail!.split('&trade_type=')
    const message = { ...fields, sub_order_list: `{}&notify_url=${absorbed}`, trade_type: 'JSAPI' }
    const sign = await signText(signedText(request))
    expect(signedText(message)).toBe(signedText(request))
    expect(await taken(Object.entries(message), sign)).toBeUndefined()
  })
})

describe('whom an APIv3 notification is for', () => {
  /**
   * The events by the field of the resource that decides, where all are given. Any other event is decided by none:
   * profit sharing is for any of its parties.
   */
  const BY_FIELD = {
    mchid: [
      'ENTRUST.TERMINATE_INQUIRY',
      'ENTRUST.TERMINATE_RETENTION',
      'MCHTRANSFER.BATCH.CLOSED',
      'MCHTRANSFER.BATCH.FINISHED',
      'FAPIAO.CARD_DISCARDED',
      'FAPIAO.CARD_INSERTED',
      'FAPIAO.ISSUED',
      'FAPIAO.REVERSED',
      'FAPIAO.USER_APPLIED',
      'INSURANCE_ENTRUST.RENEW',
      'INSURANCE_ENTRUST.SIGN',
      'INSURANCE_ENTRUST.TERMINATE',
      'MCHTRANSFER.BILL.FINISHED',
      'MCHTRANSFER.QQWALLETBILL.FINISHED',
      'PAYSCORE.BIND_SERVICE_ACCOUNT',
      'PAYSCORE.MCH_PREPAY',
      'PAYSCORE.USER_ACCEPTED',
      'PAYSCORE.USER_CANCEL_SIGN_PLAN',
      'PAYSCORE.USER_CLOSE_SERVICE',
      'PAYSCORE.USER_CONFIRM',
      'PAYSCORE.USER_OPEN_SERVICE',
      'PAYSCORE.USER_PAID',
      'PAYSCORE.USER_SIGN_PLAN',
      'TRANSACTION.INDUSTRY_FAILED',
      'TRANSACTION.INDUSTRY_SUCCESS',
    ],
    sp_mchid: [
      'BUDGET.CLOSED',
      'BUDGET.FINISHED',
      'BUDGET.LOCKED',
      'CREDIT_REPAYMENT.DEDUCTION_PAY',
      'CREDIT_REPAYMENT.SIGN_CONTRACT',
      'CREDIT_REPAYMENT.TERMINATE_CONTRACT',
      'ENTRUST.RELEASE',
      'ENTRUST.SIGN',
      'ENTRUST.SIGNING',
      'ENTRUST.TERMINATE',
      'MCHWITHDRAW.CHANGE',
      'PAPAY.SIGN',
      'PAPAY.TERMINATE',
      'RECHARGE.CLOSED',
      'RECHARGE.FUND_RETURNED',
      'RECHARGE.SUCCESS',
      'REFUND.ABNORMAL',
      'REFUND.CLOSED',
      'REFUND.SUCCESS',
      'TRANSACTION.FAIL',
      'TRANSACTION.PAY_BACK',
      'TRANSACTION.SUCCESS',
      'VEHICLE.ENTRANCE_STATE_CHANGE',
      'VEHICLE.USER_STATE_CHANGE',
      'WEBIZPAY.AUTHORIZED',
      'WEBIZPAY.PAYMENTREFUNDSUCCESS',
      'WEBIZPAY.PAYMENTSUCCESS',
      'WEBIZPAY.QUOTACARDEXPIRED',
      'WEBIZPAY.REVOKED',
    ],
  }
  const MERCHANT = /^(?:sp_|sub_|combine_)?mch_?id$/
  const OTHER = '1900000999'

  it('is told by one field of the resource, or by none', async () => {
    const sender = await createSender()
    const { platformKeys } = sender
    const client = new Wechatpay({ mchid: MCHID, apiv3Key: APIV3_KEY, privateKey: PRIVATE_KEY, platformKeys })
    const isTaken = async (event: string, resource: object) =>
      receiveNotification(client, await sender.notification(event, resource)).then(
        () => true,
        error => {
          if (error.code !== 'MERCHANT_MISMATCH') throw error
          return false
        },
      )
    const decided: Record<string, string[]> = {}
    for (const { api, event, resource } of notifications) {
      if (api !== 'v3') continue
      const shapes = resolve(resource!.schema).anyOf ?? [resource!.schema]
      const members = new Set(shapes.flatMap(shape => Object.keys(membersOf(shape).properties)))
      const names = [...members].filter(name => MERCHANT.test(name))
      const own = Object.fromEntries(names.map(name => [name, MCHID]))
      expect(await isTaken(event, own), event).toBe(true)
      const deciding: string[] = []
      for (const name of names) if (!(await isTaken(event, { ...own, [name]: OTHER }))) deciding.push(name)
      expect(deciding.length, `${event}: ${deciding.join()}`).toBeLessThanOrEqual(1)
      for (const name of deciding) decided[name] = [...(decided[name] ?? []), event]
    }
    for (const events of Object.values(decided)) events.sort()
    const expected = Object.fromEntries(Object.entries(BY_FIELD).map(([name, events]) => [name, [...events].sort()]))
    expect(decided).toEqual(expected)
  })

  it('a field that is for somebody else decides nothing where the one that decides is left out', async () => {
    const sender = await createSender()
    const { platformKeys } = sender
    const client = new Wechatpay({ mchid: MCHID, apiv3Key: APIV3_KEY, privateKey: PRIVATE_KEY, platformKeys })
    for (const { event } of notifications.filter(({ api }) => api === 'v3')) {
      const notification = await receiveNotification(client, await sender.notification(event, { sub_mchid: OTHER }))
      expect(notification, event).toMatchObject({ event, resource: { sub_mchid: OTHER } })
    }
  })
})
