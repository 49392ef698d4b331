import { constants, createDecipheriv, createHash, createVerify, privateDecrypt } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { fieldsOf } from '../../../scripts/generate/fields.ts'
import { type Notification as Definition, notificationsOf } from '../../../scripts/generate/notification.ts'
import { acknowledge, type Notification, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import {
  createSimulator,
  type NotificationRequest,
  type SentNotification,
  type Simulator,
} from '../../../src/simulator/index.ts'
import { document, misfits } from '../definition.node.ts'
import { fromXml, v2Sign } from '../node-client.ts'

const defined = notificationsOf(document)
const nameOf = ({ api, event }: { api: string; event: string }): string => `${api} ${event.replace('v2/', '')}`
const demandOf = ({ api, event }: Pick<Definition, 'api' | 'event'>): NotificationRequest => ({
  api,
  event,
  url: 'https://merchant.example/notify',
})

interface Delivered {
  definition: Definition
  sent: SentNotification
  headers: Headers
  body: string
  /** The notification as src/core reads it. */
  received: Notification
}

async function setUp(seed = 'every notification', state?: string) {
  const inbox: { headers: Headers; body: string; received: Notification }[] = []
  const simulator = await createSimulator({
    ...(state === undefined ? { seed, brandId: '40001' } : { state }),
    async deliver(input, init) {
      const request = new Request(input, init)
      const { headers } = request
      const body = await request.clone().text()
      const received = await receiveNotification(wechatpay, request)
      inbox.push({ headers, body, received })
      return acknowledge(received)
    },
  })
  const wechatpay: Wechatpay = new Wechatpay({
    ...simulator.merchant,
    brand: simulator.brand!,
    fetch: simulator.fetch,
  })
  return { simulator, inbox }
}

let simulator: Simulator
let all: Delivered[]
beforeAll(async () => {
  const { simulator: made, inbox } = await setUp()
  simulator = made
  all = []
  for (const definition of defined) {
    const sent = await simulator.notify.send(demandOf(definition))
    all.push({ definition, sent, ...(inbox.pop() ?? { headers: new Headers(), body: '', received: undefined! }) })
  }
})

/** Verifies and decrypts a message with node:crypto only. */
function judged({ definition, headers, body }: Delivered): { message: unknown; resource: unknown } {
  if (definition.api !== 'v2') return judgedV3(definition, headers, body)
  if (definition.message.kind === 'json') return judgedJson(body)
  const message = messageOf(body)
  if (definition.resource) return { message, resource: messageOf(decryptEcb(message.req_info as string)) }
  const { sign, ...fields } = message
  const texts = Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string')
  const type = (sign as string).length === 64 ? 'HMAC-SHA256' : 'MD5'
  expect(sign).toBe(v2Sign(Object.fromEntries(texts), simulator.merchant.apiv2Key, type))
  return { message, resource: withJson(message, definition) }
}

/** The keys of the merchant, or of the brand for the brand API. */
const keysOf = ({ api }: Definition) =>
  api === 'brand'
    ? { ...simulator.brand!, gcmKey: simulator.brand!.apiKey }
    : { ...simulator.merchant, gcmKey: simulator.merchant.apiv3Key }

function judgedV3(definition: Definition, headers: Headers, body: string) {
  const { platformKeys, gcmKey } = keysOf(definition)
  const [id, key] = Object.entries(platformKeys)[0]!
  expect(headers.get('wechatpay-serial')).toBe(id)
  const [timestamp, nonce] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-nonce')]
  const verifier = createVerify('RSA-SHA256').update(`${timestamp}\n${nonce}\n${body}\n`)
  expect(verifier.verify(key, headers.get('wechatpay-signature')!, 'base64')).toBe(true)
  const message = JSON.parse(body)
  const { ciphertext, nonce: iv, associated_data } = message.resource
  const plain = exact(decryptGcm(ciphertext, iv, associated_data, gcmKey))
  return { message, resource: withJson(withOpened(plain, definition), definition) }
}

/** JSON whose long integers are not rounded. */
function exact(text: string): unknown {
  const whole = (_: string, value: unknown, { source }: { source: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(source) ? BigInt(source) : value
  return JSON.parse(text, whole as (name: string, value: unknown) => unknown)
}

function judgedJson(body: string) {
  const { sign, ...fields } = JSON.parse(body)
  expect(sign).toBe(v2Sign(fields, simulator.merchant.apiv2Key, 'HMAC-SHA256'))
  const { event_ciphertext, event_nonce, event_associated_data } = fields
  return {
    message: { ...fields, sign },
    resource: JSON.parse(decryptGcm(event_ciphertext, event_nonce, event_associated_data)),
  }
}

function decryptGcm(ciphertext: string, nonce: string, associated: string, key = simulator.merchant.apiv3Key): string {
  const bytes = Buffer.from(ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(associated))
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString()
}

function decryptEcb(encrypted: string): string {
  const key = createHash('md5').update(simulator.merchant.apiv2Key).digest('hex')
  const decipher = createDecipheriv('aes-256-ecb', key, null)
  return Buffer.concat([decipher.update(Buffer.from(encrypted, 'base64')), decipher.final()]).toString()
}

/** The fields of an XML message; what holds elements holds the fields of those. A list is of one member here. */
function messageOf(text: string): Record<string, unknown> {
  const inner = text.replace(/^\s*<(\w+)>([\s\S]*)<\/\1>\s*$/, '$2')
  const elements = [...inner.matchAll(/<(\w+)>\s*(<(?!!)[\s\S]*?)<\/\1>/g)]
  const nested = elements.map(([whole, name]) => [name, messageOf(whole)])
  const flat = elements.reduce((rest, [whole]) => rest.replace(whole, ''), inner)
  return { ...fromXml(flat), ...Object.fromEntries(nested) }
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const opened = new Set<string>()

/** Decrypts the fields of the resource that are encrypted for the merchant's certificate. */
function withOpened(resource: unknown, definition: Definition): unknown {
  const encrypted = (field: { 'x-encrypted'?: string; items?: object }) =>
    field['x-encrypted'] === 'rsa' || (field.items as typeof field | undefined)?.['x-encrypted'] === 'rsa'
  return replaced(resource, definition, encrypted, text => {
    opened.add(nameOf(definition))
    const key = { key: keysOf(definition).privateKey, ...OAEP }
    return privateDecrypt(key, Buffer.from(text, 'base64')).toString()
  })
}

/** JSON text as what it says. */
const withJson = (resource: unknown, definition: Definition): unknown =>
  replaced(
    resource,
    definition,
    field => /json/.test(field.contentMediaType ?? ''),
    text => JSON.parse(text),
  )

function replaced(
  resource: unknown,
  { resource: encrypted, message }: Definition,
  wanted: (field: { 'x-encrypted'?: string; items?: object; contentMediaType?: string }) => boolean,
  replace: (text: string) => unknown,
): unknown {
  const fields = [...fieldsOf(document, (encrypted ?? message).schema)].filter(([, field]) => wanted(field))
  return fields.reduce((whole, [path]) => replacedAt(whole, path.split('.'), replace), resource)
}

function replacedAt(value: unknown, [name, ...rest]: string[], replace: (text: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map(member => replacedAt(member, [name!, ...rest].filter(Boolean), replace))
  if (name === undefined) return replace(value as string)
  if (typeof value !== 'object' || value === null || !(name in value)) return value
  return { ...value, [name]: replacedAt((value as Record<string, unknown>)[name], rest, replace) }
}

describe('each of the 119 notifications, sent by its name only', () => {
  it('is received by the client, and delivered', () => {
    expect(all).toHaveLength(119)
    const delivered = all.map(({ received, sent }) => [nameOf(received), sent.state])
    expect(delivered).toEqual(defined.map(definition => [nameOf(definition), 'delivered']))
  })

  it('is verified and decrypted by node:crypto with the same result', () => {
    for (const one of all) {
      const { resource } = judged(one)
      expect([nameOf(one.definition), resource]).toEqual([nameOf(one.definition), one.received.resource])
    }
    // These have encrypted fields within the resource.
    expect([...opened].sort()).toEqual([
      'brand BRAND_MEMBER_CARD.USER_CARD.CREATE',
      'brand BRAND_MEMBER_CARD.USER_CARD.DELETE',
      'v3 BRAND_MEMBER_CARD_SP.USER_CARD.CREATE',
      'v3 BRAND_MEMBER_CARD_SP.USER_CARD.DELETE',
      'v3 MCHTRANSFER.QQWALLETBILL.FINISHED',
      'v3 MEMBERCARD.ACCEPT_CARD',
    ])
  })

  it('fits its definition: the message, and the resource', () => {
    const wrong = all.flatMap(one => {
      const { definition } = one
      const { message, resource } = judged(one)
      const whole = definition.resource ?? definition.message
      return [
        ...misfits(message, definition.message.schema, nameOf(definition), definition.message.kind === 'xml'),
        ...misfits(resource, whole.schema, `${nameOf(definition)} resource`, whole.kind === 'xml'),
      ]
    })
    expect(wrong).toEqual([])
  })

  it('has a resource that is not empty', () => {
    const bare = all.filter(({ received }) => Object.keys(Object(received.resource)).length < 2)
    expect(bare.map(({ definition }) => nameOf(definition))).toEqual([])
  })

  it.each<[name: string, state: object]>([
    ['v3 TRANSACTION.SUCCESS', { trade_state: 'SUCCESS' }],
    ['v3 TRANSACTION.FAIL', { trade_state: 'PAY_FAIL' }],
    ['v3 TRANSACTION.PAY_BACK', { trade_state: 'SUCCESS' }],
    ['v3 REFUND.ABNORMAL', { refund_status: 'ABNORMAL' }],
    ['v3 COUPON.USE', { status: 'USED' }],
    ['v3 COMPLAINT.CREATE', { action_type: 'CREATE_COMPLAINT' }],
    ['v3 BRAND_MEMBER_CARD_SP.USER_CARD.DELETE', { user_card_state: 'DELETE' }],
    ['v3 CREDIT_REPAYMENT.SIGN_CONTRACT', { contract_state: 'CONTRACT_STATE_EFFECTIVE' }],
    ['v3 CREDIT_REPAYMENT.TERMINATE_CONTRACT', { contract_state: 'CONTRACT_STATE_TERMINATED' }],
    ['v3 ENTRUST.SIGN', { contract_state: 'SIGNED' }],
    ['v3 ENTRUST.RELEASE', { contract_information: { contract_status: 'DELETE' } }],
    ['v3 FAPIAO.REVERSED', { fapiao_information: [{ fapiao_status: 'REVERSED' }] }],
    ['v3 FAPIAO.CARD_DISCARDED', { fapiao_information: [{ card_status: 'DISCARDED' }] }],
    ['v3 WEBIZPAY.QUOTACARDEXPIRED', { card_state: 'DISABLED' }],
    ['v2 refund-processed', { refund_status: 'SUCCESS' }],
    ['v2 CHECK.FAIL', { state: 'FAIL' }],
  ])('%s tells of what its name says', (name, state) => {
    const { received } = all.find(({ definition }) => nameOf(definition) === name)!
    const given = received.resource as Record<string, unknown>
    const fapiao = given.fapiao_information as unknown[] | undefined
    expect({ ...given, ...(fapiao && { fapiao_information: fapiao.slice(0, 1) }) }).toMatchObject(state)
  })

  it('a payment has the fields of a direct merchant’s order', () => {
    const { received } = all.find(({ definition }) => nameOf(definition) === 'v3 TRANSACTION.SUCCESS')!
    expect(received.resource).toMatchObject({ mchid: simulator.merchant.mchid, appid: simulator.merchant.appid })
    for (const other of ['sp_mchid', 'sub_mchid', 'combine_out_trade_no', 'sub_orders', 'receiver', 'parking_info'])
      expect(received.resource).not.toHaveProperty(other)
  })
})

describe('the sample resource of a notification', () => {
  const names = [
    { api: 'v3', event: 'REFUND.SUCCESS' },
    { api: 'v2', event: 'transaction-success' },
  ] as const

  it.each(names)('of $event is the same for the same seed, and another one the next time', async name => {
    const told = async (seed: string) => {
      const { simulator, inbox } = await setUp(seed)
      for (const _ of [1, 2]) await simulator.notify.send(demandOf(name))
      return inbox.map(({ received }) => (received.resource as Record<string, string>).out_trade_no)
    }
    const [first, second] = await told('a')
    expect(await told('a')).toEqual([first, second])
    expect(new Set([first, second, ...(await told('b'))]).size).toBe(4)
  })

  it('stays the same when it is sent again, also after a restart', async () => {
    const { simulator, inbox } = await setUp()
    const { id } = await simulator.notify.send(demandOf({ api: 'v3', event: 'MEMBERCARD.ACCEPT_CARD' }))
    await simulator.notify.repeat(id)
    const restarted = await setUp(undefined, simulator.snapshot())
    await restarted.simulator.notify.repeat(id)
    const [once, ...again] = [...inbox, ...restarted.inbox].map(({ received }) => received.resource)
    expect(again).toEqual([once, once])
  })
})

it('a field that the definition encrypts is encrypted in a given resource too', async () => {
  const { simulator, inbox } = await setUp()
  const resource = { event_type: 'NEW_ACTIVATE', card_id: '1', phone_number: '13800000000', code: '' }
  for (const given of [resource, JSON.stringify(resource)])
    await simulator.notify.send({ ...demandOf({ api: 'v3', event: 'MEMBERCARD.ACCEPT_CARD' }), resource: given })
  expect(inbox.map(({ received }) => received.resource)).toEqual([resource, resource])
  for (const { body } of inbox) {
    const { ciphertext, nonce, associated_data } = JSON.parse(body).resource
    const { phone_number, ...rest } = JSON.parse(decryptGcm(ciphertext, nonce, associated_data))
    expect(rest).toEqual({ event_type: 'NEW_ACTIVATE', card_id: '1', code: '' })
    const key = { key: simulator.merchant.privateKey, ...OAEP }
    expect(privateDecrypt(key, Buffer.from(phone_number, 'base64')).toString()).toBe('13800000000')
  }
})
