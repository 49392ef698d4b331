import { addressedByMchid, notificationTraits } from '../../definitions/generated/notification-traits.ts'
import { boundWaits } from '../base/bounded-waits.ts'
import { TransportError } from '../base/errors.ts'
import { parseJsonFields, replaceFields } from '../codec/fields.ts'
import { parseJson } from '../codec/json.ts'
import { decryptGcm, type GcmCiphertext } from '../crypto/aes.ts'
import type { SigningCredentials } from '../protocol/call.ts'
import type { Admit, PlatformKeys } from '../protocol/platform-keys.ts'
import { verifierOf } from '../protocol/v3.ts'
import { NotificationError } from './error.ts'
import { eventNameOf } from './event-name.ts'
import {
  decryptPart,
  parseNotificationBody,
  type Received,
  requireAddressee,
  signatureErrorOf,
} from './message-checks.ts'
import type { AnyNotification } from './notification.ts'

type Fields = Readonly<Record<string, unknown>>

interface Envelope extends Record<string, unknown> {
  id: string
  event_type: string
  resource: GcmCiphertext
}

/**
 * Checks the headers of a notification (回调通知) of APIv3 or of the brand API: all four are present, the timestamp is recent, and the key is
 * known.
 *
 * @returns a function that reads the body: it verifies the signature (回调验签), decrypts the resource with the APIv3 key or the API key
 * of the brand (回调报文解密), and its fields with the private key
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export async function checkV3Headers(
  headers: Headers,
  credentials: SigningCredentials,
): Promise<(received: Received) => Promise<AnyNotification>> {
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

async function readV3(
  received: Received,
  verifiedBy: string,
  { account }: SigningCredentials,
): Promise<AnyNotification> {
  const message = parseNotificationBody(parseJson, received) as Envelope
  const { id, event_type: eventType, resource } = Object(message) as Envelope
  if (typeof id !== 'string' || typeof eventType !== 'string' || typeof resource?.ciphertext !== 'string')
    throw new NotificationError('NOT_JSON', 'has no "id", "event_type" or "resource"', received)
  const { api, id: addressee, crypto, notificationKeyName } = account
  const text = await decryptPart(received, async () =>
    decryptGcm(resource, await account.notificationKey(), crypto, notificationKeyName),
  )
  const parsed = parseNotificationBody(parseJson, { ...received, body: text })
  const event = eventNameOf(api, eventType, Object(parsed))
  const trait = notificationTraits[event]
  const plain = await parseJsonFields(parsed, trait?.json)
  const [field, named] = FIND_ADDRESSEE[api](Object(plain), event, addressee) ?? []
  if (field) requireAddressee(named, field, account, received)
  const decrypted = trait?.decrypt
    ? await decryptPart(received, async () =>
        replaceFields(plain, trait.decrypt, value => (value ? account.decrypt(String(value)) : value)),
      )
    : plain
  return { api, id, event, resource: decrypted, message, verifiedBy }
}

type FindAddressee = (resource: Fields, event: string, id: string) => [field: string, value: unknown] | undefined

/** Returns the field with the notified brand, and its value, if the resource names one. */
const brandOf: FindAddressee = ({ brand_id }) => (brand_id === undefined ? undefined : ['brand_id', brand_id])

/**
 * Returns the field with the notified merchant, and its value. Service providers (服务商) and merchants that combine
 * orders (合单) take precedence over `mchid`; sub-merchants are never notified. A resource may name no merchant.
 */
const merchantOf: FindAddressee = (resource, event, mchid) => {
  const [family] = event.split('.')
  if (family === 'PROFITSHARING') return sharingParty(resource, mchid)
  const isMchid = addressedByMchid.includes(family!)
  const names = ['sp_mchid', 'combine_mchid', ...(isMchid ? ['mchid', 'mch_id'] : [])]
  const field = names.find(name => resource[name])
  return field === undefined ? undefined : [field, resource[field]]
}

/** Find the addressee that a resource of each API names. */
const FIND_ADDRESSEE: Readonly<Record<SigningCredentials['account']['api'], FindAddressee>> = {
  v3: merchantOf,
  brand: brandOf,
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
