import { constants, createDecipheriv, createHash, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { ServiceError, Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts'
import { fromXml } from './node-client.ts'

/** A notification to the merchant, decrypted with node:crypto. */
export interface ReceivedNotification {
  url: string
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  resource: any
}

/** A merchant with the real client, and the simulator as its WeChat Pay. */
export interface TestMerchant {
  simulator: Simulator
  wxpay: Wechatpay
  /** The notifications in the order in which they were created. */
  received: ReceivedNotification[]
  /** Calls with the real client; `POST /v3/pay/transactions/native`. What it gets is what came. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  call(endpoint: string, body?: unknown): Promise<any>
}

export const NOTIFY_URL = 'https://merchant.example/notify'

/** Half past eight in the evening in UTC+8, so that a day is over soon. */
export const START: number = Date.parse('2026-03-01T20:30:00+08:00')

/** @param options.now the real clock; `simulator.advance` moves the simulated one */
export async function createTestMerchant(options: SimulatorOptions = {}): Promise<TestMerchant> {
  const now = options.now ?? (() => START)
  const received: ReceivedNotification[] = []
  const places = new Map<ReceivedNotification, number>()
  // Notifications are sent at the same time, and arrive in any order.
  const insert = (notification: ReceivedNotification, place: number): void => {
    places.set(notification, place)
    received.splice(received.filter(one => places.get(one)! <= place).length, 0, notification)
  }
  const deliver: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    insert({ url: request.url, ...read(text, simulator) }, placeOf(text, simulator))
    return request.headers.get('content-type')!.includes('xml')
      ? new Response('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>')
      : new Response(null, { status: 204 })
  }
  const simulator: Simulator = await createSimulator({ seed: 'shop', deliver, ...options, now })
  const { merchant, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, now, retry: false })
  return {
    simulator,
    wxpay,
    received,
    async call(endpoint, body) {
      const [method, url] = endpoint.split(' ') as [string, string]
      const [path, query] = url.split('?') as [string, string | undefined]
      const params = query === undefined ? undefined : Object.fromEntries(new URLSearchParams(query))
      const api = path.startsWith('/v3/') ? path.slice(1) : `v2${path}`
      return (await wxpay.request(method, api, { body, params })).data
    },
  }
}

/** Returns the place of a notification among all; an APIv2 notification, which carries no id, is the last. */
function placeOf(text: string, { notifications }: Simulator): number {
  const place = text.startsWith('{') ? notifications.findIndex(({ id }) => id === JSON.parse(text).id) : -1
  return place === -1 ? notifications.length : place
}

/** A number of the merchant's that nobody has used. */
export const newNumber = (): string => `N${randomBytes(10).toString('hex')}`

function read(text: string, { merchant }: Simulator): Omit<ReceivedNotification, 'url'> {
  if (text.startsWith('<')) {
    const { req_info, ...fields } = fromXml(text)
    if (!req_info) return { event: 'transaction-success', resource: fields }
    const key = createHash('md5').update(merchant.apiv2Key).digest('hex')
    const decipher = createDecipheriv('aes-256-ecb', key, null)
    const opened = decipher.update(req_info, 'base64', 'utf8') + decipher.final('utf8')
    return { event: 'refund-processed', resource: fromXml(opened.replace(/^<root>|<\/root>$/g, '')) }
  }
  const { event_type: event, resource } = JSON.parse(text)
  const { ciphertext, nonce, associated_data } = resource
  const bytes = Buffer.from(ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', merchant.apiv3Key, nonce)
  decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(associated_data))
  const plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
  return { event, resource: JSON.parse(plain.toString()) }
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

/** For the wire: the client encrypts and opens by itself. */
export function encryptField({ merchant }: Simulator, text: string): { serial: string; encrypted: string } {
  const [[serial, key]] = Object.entries(merchant.platformKeys) as [[string, string]]
  return { serial, encrypted: publicEncrypt({ key, ...OAEP }, Buffer.from(text)).toString('base64') }
}

/** Decrypts a field that was encrypted for the merchant. */
export const decryptField = ({ merchant }: Simulator, encrypted: string): string =>
  privateDecrypt({ key: merchant.privateKey, ...OAEP }, Buffer.from(encrypted, 'base64')).toString()

/** Status and code of a refusal, in the service's words. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [status: number, code: string]> {
  try {
    await call
  } catch (error) {
    if (error instanceof ServiceError) return [error.status, error.serviceCode]
    throw error
  }
  throw new Error('This was to be refused.')
}
