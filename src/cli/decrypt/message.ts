import type { Account } from '../../core/account.ts'
import { replaceFields } from '../../core/codec/fields.ts'
import { parseJson } from '../../core/codec/json.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { importEcbKey, openEcb, openGcm, type Sealed } from '../../core/crypto/aes.ts'
import { md5 } from '../../core/crypto/digest.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { open } from '../../core/crypto/rsa.ts'
import { notificationTraits } from '../../core/endpoints/generated/notification-traits.ts'
import { CommandError } from '../command.ts'

/** What was opened, and the variable that opened it. */
export interface Opened {
  readonly with: string
  readonly opened: unknown
}

interface Message {
  readonly event_type?: string
  readonly resource?: Sealed
  readonly data?: readonly { encrypt_certificate?: Sealed }[]
  readonly event_ciphertext?: string
  readonly event_nonce?: string
  readonly event_associated_data?: string
  readonly ciphertext?: string
  readonly nonce?: string
}

/**
 * Opens what is sealed in a message, whichever it is.
 *
 * @throws {CommandError} it cannot be read, or nothing in it is sealed
 * @throws {DecryptionError} a key does not open it
 * @throws {ConfigurationError} the key that it takes is missing
 */
export async function openMessage(body: string, account: Account): Promise<Opened> {
  if (body.trimStart().startsWith('<')) return openXml(body, account)
  const message = read(parseJson, body) as Message
  const { resource, data, event_ciphertext, event_nonce } = Object(message) as Message
  if (resource?.ciphertext) return { with: APIV3_KEY, opened: await openResource(message, account) }
  if (Array.isArray(data) && data.some(({ encrypt_certificate }) => encrypt_certificate))
    return {
      with: APIV3_KEY,
      opened: await Promise.all(data.map(one => openCertificate(one.encrypt_certificate!, account))),
    }
  if (event_ciphertext && event_nonce) {
    const sealed = { ciphertext: event_ciphertext, nonce: event_nonce, associated_data: message.event_associated_data }
    return { with: APIV3_KEY, opened: readOpened(await gcm(sealed, account)) }
  }
  if (message.ciphertext && message.nonce)
    return { with: APIV3_KEY, opened: readOpened(await gcm(message as Sealed, account)) }
  return openFields(message, account)
}

const APIV3_KEY = 'WECHATPAY_APIV3_KEY'

function read<T>(parse: (text: string) => T, body: string): T {
  try {
    return parse(body)
  } catch (error) {
    throw new CommandError(`It cannot be read. ${(error as Error).message} Save it whole, as it came.`)
  }
}

const gcm = async (sealed: Sealed, { apiv3Key, crypto }: Account): Promise<string> =>
  openGcm(sealed, await apiv3Key(), crypto)

/** Most of it is JSON; a certificate is not. */
function readOpened(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** And in it what is sealed for the merchant's certificate. */
async function openResource({ event_type = '', resource }: Message, account: Account): Promise<unknown> {
  const plain = readOpened(await gcm(resource!, account))
  const paths = notificationTraits[event_type]?.open
  if (!paths) return plain
  const key = await account.privateKey()
  return replaceFields(plain, paths, value => (value ? open(String(value), key, account.crypto) : value))
}

async function openCertificate(sealed: Sealed, account: Account): Promise<object> {
  const pem = await gcm(sealed, account)
  const { serial, notBefore, notAfter } = await importCertificate(pem, 'certificate', account.crypto)
  return { serial, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), pem }
}

async function openXml(body: string, { apiv2Key, crypto }: Account): Promise<Opened> {
  const { req_info } = read(parseXml, body)
  if (typeof req_info !== 'string' || !req_info) throw NOTHING
  const text = await openEcb(req_info, await importEcbKey(md5(apiv2Key()), crypto), crypto)
  return { with: 'WECHATPAY_APIV2_KEY', opened: parseXml(text) }
}

/** Base64 as long as an RSA key of 2048, 3072 or 4096 bits gives: nothing else in an answer looks like it. */
const SEALED = /^(?:[A-Za-z0-9+/]{342}==|[A-Za-z0-9+/]{512}|[A-Za-z0-9+/]{683}=)$/

/** An answer: its fields say nothing of being sealed, but look it. */
async function openFields(message: unknown, account: Account): Promise<Opened> {
  if (!SEALED_WITHIN.test(JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value))))
    throw NOTHING
  const key = await account.privateKey()
  const opened = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return SEALED.test(value) ? open(value, key, account.crypto) : value
    if (Array.isArray(value)) return Promise.all(value.map(opened))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(async ([name, member]) => [name, await opened(member)] as const)
    return Object.fromEntries(await Promise.all(members))
  }
  return { with: 'WECHATPAY_PRIVATE_KEY', opened: await opened(message) }
}

const SEALED_WITHIN = /"(?:[A-Za-z0-9+/]{342}==|[A-Za-z0-9+/]{512}|[A-Za-z0-9+/]{683}=)"/

const NOTHING = new CommandError(
  'Nothing in it is sealed: no "resource", no "req_info", no "encrypt_certificate", no sealed field. Give the body as it came.',
)
