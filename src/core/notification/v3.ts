import { addressedByMchid, notificationTraits } from '../../definitions/generated/notification-traits.ts'
import { boundWaits } from '../bounded-waits.ts'
import { parseJsonFields, replaceFields } from '../codec/fields.ts'
import { parseJson } from '../codec/json.ts'
import { decryptGcm, type GcmCiphertext } from '../crypto/aes.ts'
import { decrypt } from '../crypto/rsa.ts'
import { TransportError } from '../errors.ts'
import type { Credentials } from '../protocol/call.ts'
import type { Admit, PlatformKeys } from '../protocol/platform-keys.ts'
import { verifierOf } from '../protocol/v3.ts'
import { NotificationError } from './error.ts'
import { eventNameOf } from './event-name.ts'
import type { Notification } from './notification.ts'
import { decryptPart, parseBody, type Received, requireAddressee, signatureErrorOf } from './received.ts'

type Fields = Readonly<Record<string, unknown>>

interface Envelope extends Record<string, unknown> {
  id: string
  event_type: string
  resource: GcmCiphertext
}

/**
 * Checks the headers of an APIv3 notification (回调通知): all four are present, the timestamp is recent, and the key is
 * known.
 *
 * @returns a function that reads the body: it verifies the signature (回调验签), decrypts the resource with the APIv3 key
 * (回调报文解密), and its fields with the merchant's private key
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export async function checkV3Headers(
  headers: Headers,
  credentials: Credentials,
): Promise<(received: Received) => Promise<Notification>> {
  const { account, platformKeys } = credentials
  const verifyBody = await verifierOf(headers, signatureErrorOf({ headers, body: '' }), account, serial =>
    platformKeys.verifier(serial, 'notification', admissionTo(platformKeys)),
  )
  return async received => readV3(received, await verifyBody(received.body, signatureErrorOf(received)), credentials)
}

/**
 * Maximum number of notifications that wait for the certificates at once. Anybody can send one that names an unknown
 * certificate, and its headers stay in memory during the download.
 */
const MAX_WAITING = 250
const admissions = new WeakMap<PlatformKeys, Admit>()

function admissionTo(platformKeys: PlatformKeys): Admit {
  const existing = admissions.get(platformKeys)
  if (existing) return existing
  const bound = boundWaits(MAX_WAITING)
  const admit: Admit = async begin => bound(begin) ?? Promise.reject(tooManyWait())
  admissions.set(platformKeys, admit)
  return admit
}

const tooManyWait = (): TransportError =>
  new TransportError(
    'ABORTED',
    `${MAX_WAITING} notifications already wait for the platform certificates. WeChat Pay repeats this one.`,
    false,
  )

async function readV3(received: Received, verifiedBy: string, { account }: Credentials): Promise<Notification> {
  const message = parseBody(parseJson, received) as Envelope
  const { id, event_type: eventType, resource } = Object(message) as Envelope
  if (typeof id !== 'string' || typeof eventType !== 'string' || typeof resource?.ciphertext !== 'string')
    throw new NotificationError('NOT_JSON', 'has no "id", "event_type" or "resource"', received)
  const { mchid, crypto } = account
  const text = await decryptPart(received, async () => decryptGcm(resource, await account.apiv3Key(), crypto))
  const trait = notificationTraits[eventType]
  const plain = await parseJsonFields(parseBody(parseJson, { ...received, body: text }), trait?.json)
  const event = eventNameOf(eventType, Object(plain))
  const [field, merchant] = addresseeOf(event, Object(plain), mchid) ?? []
  if (field) requireAddressee(merchant, field, mchid, received)
  const decrypted = trait?.decrypt
    ? await decryptPart(received, async () => {
        const key = await account.privateKey()
        return replaceFields(plain, trait.decrypt, value => (value ? decrypt(String(value), key, crypto) : value))
      })
    : plain
  return { api: 'v3', id, event, resource: decrypted, message, verifiedBy }
}

/**
 * Returns the field with the notified merchant, and its value. Service providers (服务商) and merchants that combine
 * orders (合单) take precedence over `mchid`; sub-merchants are never notified. A resource may name no merchant.
 */
function addresseeOf(event: string, resource: Fields, mchid: string): [string, unknown] | undefined {
  const [family] = event.split('.')
  if (family === 'PROFITSHARING') return sharingParty(resource, mchid)
  const isMchid = addressedByMchid.includes(family!)
  const names = ['sp_mchid', 'combine_mchid', ...(isMchid ? ['mchid', 'mch_id'] : [])]
  const field = names.find(name => resource[name])
  return field === undefined ? undefined : [field, resource[field]]
}

/**
 * Returns the party of a profit sharing that is the client, otherwise any other. WeChat Pay notifies its receivers
 * (分账接收方) and the sharing merchant (`mchid`, `sp_mchid`), but never a sub-merchant.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012289679
 */
function sharingParty(resource: Fields, mchid: string): [string, unknown] | undefined {
  const parties = ['sp_mchid', 'mchid'].map((name): [string, unknown] => [name, resource[name]])
  for (const receiver of [resource.receiver, resource.receivers].flat()) {
    const { type, account } = Object(receiver) as Fields
    if (type === 'MERCHANT_ID') parties.push(['receiver.account', account])
  }
  const named = parties.filter(([, party]) => party)
  return named.find(([, party]) => String(party) === mchid) ?? named[0]
}
