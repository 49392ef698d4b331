import type { Account } from '../../core/account.ts'
import { replaceFields } from '../../core/codec/fields.ts'
import { parseJson } from '../../core/codec/json.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { decryptEcb, decryptGcm, type GcmCiphertext, importEcbKey } from '../../core/crypto/aes.ts'
import { md5 } from '../../core/crypto/digest.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { decrypt } from '../../core/crypto/rsa.ts'
import { notificationTraits } from '../../definitions/generated/notification-traits.ts'
import { CommandError } from '../command.ts'

/** The decrypted content, and the variable with the key that decrypted it. */
export interface DecryptedMessage {
  readonly key: string
  readonly decrypted: unknown
}

interface Message {
  readonly event_type?: string
  readonly resource?: GcmCiphertext
  readonly data?: readonly { encrypt_certificate?: GcmCiphertext }[]
  readonly event_ciphertext?: string
  readonly event_nonce?: string
  readonly event_associated_data?: string
  readonly ciphertext?: string
  readonly nonce?: string
}

/**
 * Decrypts the encrypted parts of a message of any kind.
 *
 * @throws {CommandError} it cannot be read, or nothing in it is encrypted
 * @throws {DecryptionError} the key does not decrypt it
 * @throws {ConfigurationError} the key that it requires is missing
 */
export async function decryptMessage(body: string, account: Account): Promise<DecryptedMessage> {
  if (body.trimStart().startsWith('<')) return decryptXml(body, account)
  const message = parseBody(parseJson, body) as Message
  const { resource, data, event_ciphertext, event_nonce } = Object(message) as Message
  if (resource?.ciphertext) return { key: APIV3_KEY, decrypted: await decryptResource(message, account) }
  if (Array.isArray(data) && data.some(({ encrypt_certificate }) => encrypt_certificate))
    return {
      key: APIV3_KEY,
      decrypted: await Promise.all(data.map(entry => decryptCertificate(entry.encrypt_certificate!, account))),
    }
  if (event_ciphertext && event_nonce) {
    const encrypted = {
      ciphertext: event_ciphertext,
      nonce: event_nonce,
      associated_data: message.event_associated_data,
    }
    return { key: APIV3_KEY, decrypted: parseIfJson(await decryptWithApiv3Key(encrypted, account)) }
  }
  if (message.ciphertext && message.nonce)
    return { key: APIV3_KEY, decrypted: parseIfJson(await decryptWithApiv3Key(message as GcmCiphertext, account)) }
  return decryptFields(message, account)
}

const APIV3_KEY = 'WECHATPAY_APIV3_KEY'

function parseBody<T>(parse: (text: string) => T, body: string): T {
  try {
    return parse(body)
  } catch (error) {
    throw new CommandError(`The message cannot be read. ${(error as Error).message} Save it completely, as received.`)
  }
}

const decryptWithApiv3Key = async (encrypted: GcmCiphertext, { apiv3Key, crypto }: Account): Promise<string> =>
  decryptGcm(encrypted, await apiv3Key(), crypto)

/** Parses decrypted text that is JSON; a certificate is not. */
function parseIfJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** Decrypts a resource, and its fields that are encrypted for the merchant's certificate. */
async function decryptResource({ event_type = '', resource }: Message, account: Account): Promise<unknown> {
  const plain = parseIfJson(await decryptWithApiv3Key(resource!, account))
  const paths = notificationTraits[event_type]?.decrypt
  if (!paths) return plain
  const key = await account.privateKey()
  return replaceFields(plain, paths, value => (value ? decrypt(String(value), key, account.crypto) : value))
}

async function decryptCertificate(encrypted: GcmCiphertext, account: Account): Promise<object> {
  const pem = await decryptWithApiv3Key(encrypted, account)
  const { serial, notBefore, notAfter } = await importCertificate(pem, 'certificate', account.crypto)
  return { serial, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), pem }
}

async function decryptXml(body: string, { apiv2Key, crypto }: Account): Promise<DecryptedMessage> {
  const { req_info } = parseBody(parseXml, body)
  if (typeof req_info !== 'string' || !req_info) throw NOTHING_ENCRYPTED
  const text = await decryptEcb(req_info, await importEcbKey(md5(apiv2Key()), crypto), crypto)
  return { key: 'WECHATPAY_APIV2_KEY', decrypted: parseXml(text) }
}

/** Base64 of the length of an RSA ciphertext with 2048, 3072 or 4096 bits, which no other field of a response has. */
const ENCRYPTED_FIELD = /^(?:[A-Za-z0-9+/]{342}==|[A-Za-z0-9+/]{512}|[A-Za-z0-9+/]{683}=)$/

/** Decrypts the fields of a response, which it recognizes by their form. */
async function decryptFields(message: unknown, account: Account): Promise<DecryptedMessage> {
  if (
    !CONTAINS_ENCRYPTED_FIELD.test(
      JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    )
  )
    throw NOTHING_ENCRYPTED
  const key = await account.privateKey()
  const decryptValue = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return ENCRYPTED_FIELD.test(value) ? decrypt(value, key, account.crypto) : value
    if (Array.isArray(value)) return Promise.all(value.map(decryptValue))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(async ([name, member]) => [name, await decryptValue(member)] as const)
    return Object.fromEntries(await Promise.all(members))
  }
  return { key: 'WECHATPAY_PRIVATE_KEY', decrypted: await decryptValue(message) }
}

const CONTAINS_ENCRYPTED_FIELD = /"(?:[A-Za-z0-9+/]{342}==|[A-Za-z0-9+/]{512}|[A-Za-z0-9+/]{683}=)"/

const NOTHING_ENCRYPTED = new CommandError(
  'Nothing in the message is encrypted: it has no "resource", "req_info", "encrypt_certificate" or encrypted field. Give the body as received.',
)
