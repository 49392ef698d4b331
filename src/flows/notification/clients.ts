import type { Bytes } from '../../core/base/bytes.ts'
import { printable } from '../../core/base/error-text.ts'
import { brandCredentialsOf, credentialsOf, senderOf } from '../../core/client/client.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { ConfigurationError, type Notification, NotificationError, parseJson, Wechatpay } from '../../core/index.ts'
import { isV3, signatureErrorOf } from '../../core/notification/message-checks.ts'
import { checkNotificationHeaders } from '../../core/notification/receive.ts'
import { signatureHeadersOf } from '../../core/protocol/v3.ts'
import type { AnyNotificationContext } from './handlers.ts'

/**
 * The client of a merchant or a brand; a record of clients by mchid (商户号), or by brand id (品牌 ID) those without a
 * merchant; or a function that chooses the client for a request.
 */
export type NotificationClients =
  | Wechatpay
  | Readonly<Record<string, Wechatpay>>
  | ((request: Request) => Wechatpay | Promise<Wechatpay>)

/** A notification whose body is read only after its headers have been checked. */
export interface UnreadNotification {
  request: Request
  readBody(): Promise<Bytes>
}

/** A verified notification, and its receiver: the merchant or the brand. */
export interface ReceivedNotification {
  notification: Notification
  context: AnyNotificationContext
}

/**
 * Creates a function that verifies and decrypts notifications with the client of the merchant they are for.
 *
 * @throws {ConfigurationError} there is no client, or a client has another mchid than its key
 */
export function createReceiver(
  clients: NotificationClients,
): (message: UnreadNotification) => Promise<ReceivedNotification> {
  if (clients instanceof Wechatpay) return message => receiveWith(clients, message)
  if (typeof clients === 'function')
    return async message => {
      const { headers } = message.request
      // The function may load a client, which a message that no client accepts is not worth.
      if (isV3(headers)) signatureHeadersOf(headers, signatureErrorOf({ headers, body: '' }))
      return receiveWith(await clients(message.request), message)
    }
  const all = Object.entries(Object(clients) as Record<string, Wechatpay>)
  if (all.length === 0) throw new ConfigurationError('OPTION_MISSING', 'clients', 'give a client, or several by mchid')
  if (all.some(([, client]) => typeof client === 'function'))
    throw new ConfigurationError(
      'OPTION_MISSING',
      'clients',
      'the handlers are the second argument, and the client is the first: createNotificationHandler(wxpay, handlers)',
    )
  for (const [mchid, client] of all)
    if (!(client instanceof Wechatpay) || idOf(client) !== mchid)
      throw new ConfigurationError('OPTION_INVALID', `clients.${mchid}`, 'not a client of this merchant (商户号)')

  /**
   * The client to try first, by serial: WeChat Pay's keys differ per merchant. Contains only serials that verified a
   * message.
   */
  const bySerial = new Map<string, Wechatpay>()
  return async message => {
    const { headers } = message.request
    const serial = String(headers.get('wechatpay-serial')).toUpperCase()
    const merchant = isV3(headers) ? undefined : merchantOf(await message.readBody())
    const remembered = bySerial.get(serial)
    const candidates = all.filter(([mchid]) => merchant === undefined || mchid === merchant).map(([, client]) => client)
    if (remembered) candidates.sort((first, second) => Number(second === remembered) - Number(first === remembered))
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

/** Returns the merchant id of a client, or the brand id of one without a merchant. */
function idOf(client: Wechatpay): string | undefined {
  const { credentials, brandCredentials } = senderOf(client)
  return (credentials ?? brandCredentials)?.account.id
}

async function receiveWith(
  wechatpay: Wechatpay,
  { request, readBody }: UnreadNotification,
): Promise<ReceivedNotification> {
  const read = await checkNotificationHeaders(wechatpay, request.headers)
  const notification = await read(await readBody())
  const context =
    notification.api === 'brand'
      ? { brandId: brandCredentialsOf(wechatpay)!.account.id, wechatpay }
      : { mchid: credentialsOf(wechatpay).account.mchid, wechatpay }
  return { notification, context }
}

/**
 * Reads the merchant id from an APIv2 message. Only that merchant's key may verify the message, so that a merchant
 * cannot sign for another.
 */
function merchantOf(body: Bytes): string | undefined {
  const text = new TextDecoder().decode(body)
  try {
    const { mch_id, combine_mch_id } = Object(text.trimStart().startsWith('{') ? parseJson(text) : parseXml(text))
    const named = new Set([mch_id, combine_mch_id].filter(Boolean))
    return named.size > 0 ? [...named].join(' and ') : undefined
  } catch {
    // The client reports the malformed message when it receives it.
    return undefined
  }
}

/** Error codes after which another merchant's client may still accept the message. */
const OTHER_MERCHANT_CODES: ReadonlySet<string> = new Set([
  'SIGNATURE_INVALID',
  'SIGNATURE_UNKNOWN_SERIAL',
  'DECRYPTION_FAILED',
  'MERCHANT_MISMATCH',
])
const mayBeOfOtherMerchant = (error: unknown): boolean =>
  !(error instanceof NotificationError) || OTHER_MERCHANT_CODES.has(error.code)

/** Returns the error of the client that got furthest; clients check the key, then the signature, then decrypt. */
const furthestError = (errors: readonly unknown[]): unknown =>
  errors.find(error => error instanceof NotificationError && error.code !== 'SIGNATURE_UNKNOWN_SERIAL') ??
  errors.find(error => !(error instanceof NotificationError)) ??
  errors[0]

const unknownMerchantError = (headers: Headers, body: Bytes, mchid: string | undefined): NotificationError =>
  new NotificationError(
    'SIGNATURE_UNKNOWN_SERIAL',
    `is for ${printable(String(mchid))}, but "clients" has no client of that merchant. Add it`,
    {
      headers,
      body: new TextDecoder().decode(body),
    },
  )
