import type { Bytes } from '../../core/bytes.ts'
import { partiesOf } from '../../core/client.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { ConfigurationError, type Notification, NotificationError, parseJson, Wechatpay } from '../../core/index.ts'
import { expectNotification } from '../../core/notification/receive.ts'
import { isV3 } from '../../core/notification/received.ts'
import type { NotificationContext } from './handlers.ts'

/** The client of the merchant who is notified; those of several merchants, by mchid (商户号); or what tells by the URL. */
export type NotificationClients =
  | Wechatpay
  | Readonly<Record<string, Wechatpay>>
  | ((request: Request) => Wechatpay | Promise<Wechatpay>)

/** A message whose body is read once somebody needs it, which is after its headers. */
export interface Message {
  request: Request
  readBody(): Promise<Bytes>
}

export interface ReceivedFor extends NotificationContext {
  notification: Notification
}

/**
 * Verifies and opens a notification with the client of the merchant it is for.
 *
 * @throws {ConfigurationError} the clients are none, or under a number that is not theirs
 */
export function createReceiver(clients: NotificationClients): (message: Message) => Promise<ReceivedFor> {
  if (clients instanceof Wechatpay) return message => receiveWith(clients, message)
  if (typeof clients === 'function') return async message => receiveWith(await clients(message.request), message)
  const all = Object.entries(Object(clients) as Record<string, Wechatpay>)
  if (all.length === 0) throw new ConfigurationError('OPTION_MISSING', 'clients', 'give a client, or several by mchid')
  for (const [mchid, client] of all)
    if (!(client instanceof Wechatpay) || mchidOf(client) !== mchid)
      throw new ConfigurationError('OPTION_INVALID', `clients.${mchid}`, 'not a client of this merchant (商户号)')

  /** Whose a key of WeChat Pay's is: each merchant has keys of his own. Only what has verified something gets in. */
  const bySerial = new Map<string, Wechatpay>()
  return async message => {
    const { headers } = message.request
    const serial = String(headers.get('wechatpay-serial')).toUpperCase()
    const of = isV3(headers) ? undefined : merchantOf(await message.readBody())
    const known = bySerial.get(serial)
    const candidates = all.filter(([mchid]) => of === undefined || mchid === of).map(([, client]) => client)
    if (known) candidates.sort((one, other) => Number(other === known) - Number(one === known))
    const errors: unknown[] = []
    for (const client of candidates) {
      try {
        const received = await receiveWith(client, message)
        if (isV3(headers)) bySerial.set(serial, client)
        return received
      } catch (error) {
        errors.push(error)
        if (!isOfAnother(error)) break
      }
    }
    throw mostTelling(errors) ?? stranger(headers, await message.readBody(), of)
  }
}

const mchidOf = (client: Wechatpay): string => partiesOf(client).account.mchid

async function receiveWith(wechatpay: Wechatpay, { request, readBody }: Message): Promise<ReceivedFor> {
  const read = await expectNotification(wechatpay, request.headers)
  return { notification: await read(await readBody()), mchid: mchidOf(wechatpay), wechatpay }
}

/**
 * APIv2 says in the clear whom a message is for. It must be his key that verifies it: a merchant who can sign for himself
 * must not be able to sign for another.
 */
function merchantOf(body: Bytes): string | undefined {
  const text = new TextDecoder().decode(body)
  try {
    const { mch_id, combine_mch_id } = Object(text.trimStart().startsWith('{') ? parseJson(text) : parseXml(text))
    const named = new Set([mch_id, combine_mch_id].filter(Boolean))
    return named.size > 0 ? [...named].join(' and ') : undefined
  } catch {
    // Whoever receives it says what is wrong with it.
    return undefined
  }
}

/** After these another client may do better. */
const OF_ANOTHER: ReadonlySet<string> = new Set([
  'SIGNATURE_INVALID',
  'SIGNATURE_UNKNOWN_SERIAL',
  'DECRYPTION_FAILED',
  'MERCHANT_MISMATCH',
])
const isOfAnother = (error: unknown): boolean => !(error instanceof NotificationError) || OF_ANOTHER.has(error.code)

/** The one that got furthest: that it does not open comes after the signature, and the signature after the key. */
const mostTelling = (errors: readonly unknown[]): unknown =>
  errors.find(error => error instanceof NotificationError && error.code !== 'SIGNATURE_UNKNOWN_SERIAL') ??
  errors.find(error => !(error instanceof NotificationError)) ??
  errors[0]

const stranger = (headers: Headers, body: Bytes, mchid: string | undefined): NotificationError =>
  new NotificationError('SIGNATURE_UNKNOWN_SERIAL', `is for ${mchid}, who is none of the merchants here`, {
    headers,
    body: new TextDecoder().decode(body),
  })
