import type { Bytes } from '../../core/bytes.ts'
import { credentialsOf } from '../../core/client.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { printable } from '../../core/error-text.ts'
import { ConfigurationError, type Notification, NotificationError, parseJson, Wechatpay } from '../../core/index.ts'
import { checkNotificationHeaders } from '../../core/notification/receive.ts'
import { isV3 } from '../../core/notification/received.ts'
import type { NotificationContext } from './handlers.ts'

/** The client of the merchant that is notified; those of several merchants, by mchid (商户号); or a function that picks by the URL. */
export type NotificationClients =
  | Wechatpay
  | Readonly<Record<string, Wechatpay>>
  | ((request: Request) => Wechatpay | Promise<Wechatpay>)

/** A message whose body is read only when its headers have been checked. */
export interface UnreadNotification {
  request: Request
  readBody(): Promise<Bytes>
}

export interface ReceivedNotification extends NotificationContext {
  notification: Notification
}

/**
 * Verifies and decrypts a notification with the client of the merchant that it is for.
 *
 * @throws {ConfigurationError} there is no client, or one is not the client of the mchid that it stands under
 */
export function createReceiver(
  clients: NotificationClients,
): (message: UnreadNotification) => Promise<ReceivedNotification> {
  if (clients instanceof Wechatpay) return message => receiveWith(clients, message)
  if (typeof clients === 'function') return async message => receiveWith(await clients(message.request), message)
  const all = Object.entries(Object(clients) as Record<string, Wechatpay>)
  if (all.length === 0) throw new ConfigurationError('OPTION_MISSING', 'clients', 'give a client, or several by mchid')
  for (const [mchid, client] of all)
    if (!(client instanceof Wechatpay) || mchidOf(client) !== mchid)
      throw new ConfigurationError('OPTION_INVALID', `clients.${mchid}`, 'not a client of this merchant (商户号)')

  /** The client to try first for a serial: WeChat Pay has keys of its own per merchant. Holds serials that verified a message. */
  const bySerial = new Map<string, Wechatpay>()
  return async message => {
    const { headers } = message.request
    const serial = String(headers.get('wechatpay-serial')).toUpperCase()
    const merchant = isV3(headers) ? undefined : merchantOf(await message.readBody())
    const remembered = bySerial.get(serial)
    const candidates = all.filter(([mchid]) => merchant === undefined || mchid === merchant).map(([, client]) => client)
    if (remembered) candidates.sort((one, other) => Number(other === remembered) - Number(one === remembered))
    const errors: unknown[] = []
    for (const client of candidates) {
      try {
        const received = await receiveWith(client, message)
        if (isV3(headers)) bySerial.set(serial, client)
        return received
      } catch (error) {
        errors.push(error)
        if (!mayBeOfOtherMerchant(error)) break
      }
    }
    throw furthestError(errors) ?? unknownMerchantError(headers, await message.readBody(), merchant)
  }
}

const mchidOf = (client: Wechatpay): string => credentialsOf(client).account.mchid

async function receiveWith(
  wechatpay: Wechatpay,
  { request, readBody }: UnreadNotification,
): Promise<ReceivedNotification> {
  const read = await checkNotificationHeaders(wechatpay, request.headers)
  return { notification: await read(await readBody()), mchid: mchidOf(wechatpay), wechatpay }
}

/**
 * Reads the merchant that an APIv2 message names. That merchant's key must verify it, so that a merchant that can sign for
 * itself cannot sign for another.
 */
function merchantOf(body: Bytes): string | undefined {
  const text = new TextDecoder().decode(body)
  try {
    const { mch_id, combine_mch_id } = Object(text.trimStart().startsWith('{') ? parseJson(text) : parseXml(text))
    const named = new Set([mch_id, combine_mch_id].filter(Boolean))
    return named.size > 0 ? [...named].join(' and ') : undefined
  } catch {
    // The client that receives it reports what is wrong with it.
    return undefined
  }
}

/** Codes after which another client may accept the message. */
const OTHER_MERCHANT_CODES: ReadonlySet<string> = new Set([
  'SIGNATURE_INVALID',
  'SIGNATURE_UNKNOWN_SERIAL',
  'DECRYPTION_FAILED',
  'MERCHANT_MISMATCH',
])
const mayBeOfOtherMerchant = (error: unknown): boolean =>
  !(error instanceof NotificationError) || OTHER_MERCHANT_CODES.has(error.code)

/** Returns the error of the client that got furthest: the key is checked first, then the signature, then decryption. */
const furthestError = (errors: readonly unknown[]): unknown =>
  errors.find(error => error instanceof NotificationError && error.code !== 'SIGNATURE_UNKNOWN_SERIAL') ??
  errors.find(error => !(error instanceof NotificationError)) ??
  errors[0]

const unknownMerchantError = (headers: Headers, body: Bytes, mchid: string | undefined): NotificationError =>
  new NotificationError(
    'SIGNATURE_UNKNOWN_SERIAL',
    `is for ${printable(String(mchid))}, and there is no client of that merchant. Add it to "clients"`,
    {
      headers,
      body: new TextDecoder().decode(body),
    },
  )
