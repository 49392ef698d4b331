import { MalformedError } from '../core/base/errors.ts'
import { replaceFields } from '../core/codec/fields.ts'
import { parseJson, parseJsonOr } from '../core/codec/json.ts'
import { parseXml } from '../core/codec/xml.ts'
import { decryptEcb, decryptGcm, type GcmCiphertext, importEcbKey } from '../core/crypto/aes.ts'
import { md5 } from '../core/crypto/digest.ts'
import { importCertificate } from '../core/crypto/keys.ts'
import { nameInApi } from '../core/notification/event-name.ts'
import type { Account, SigningAccount } from '../core/options/account.ts'
import { encryptedNames } from '../definitions/encrypted-names.ts'
import { notificationTraits } from '../definitions/generated/notification-traits.ts'
import { isV2Body, isXmlBody } from './message.ts'

/** A key that decrypts, by the client's option that holds it. */
export type DecryptionKeyName = 'apiv2Key' | 'apiv3Key' | 'privateKey' | 'brand.apiKey' | 'brand.privateKey'

/** The decrypted content, and the key that decrypted it. */
export interface DecryptedMessage {
  readonly key: DecryptionKeyName
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
 * Decrypts the encrypted parts of a message of any kind. Of an APIv2 message, decrypts only what APIv2 encrypts, since
 * the merchant's private key has nothing to do there.
 *
 * @param brand the account of the brand, if the message is for it
 * @param show returns what stands for a field that the private key decrypted. Default: its text
 * @returns undefined if nothing in it is encrypted
 * @throws {MalformedError} it cannot be read
 * @throws {DecryptionError} the key does not decrypt it
 * @throws {ConfigurationError} the key that it requires is missing
 */
export async function decryptMessage(
  body: string,
  account: Account,
  show: (text: string) => string = text => text,
  brand?: SigningAccount,
): Promise<DecryptedMessage | undefined> {
  if (isXmlBody(body)) return decryptXml(body, account)
  const message = requireShallow(parseJson(body)) as Message
  const { resource, data, event_ciphertext, event_nonce } = Object(message) as Message
  if (isV2Body(body)) {
    if (!event_ciphertext || !event_nonce) return undefined
    const encrypted = {
      ciphertext: event_ciphertext,
      nonce: event_nonce,
      associated_data: message.event_associated_data,
    }
    return { key: 'apiv3Key', decrypted: parseIfJson(await decryptWithKey(encrypted, account)) }
  }
  const own = brand ?? account
  const decryptField = async (value: string): Promise<string> => show(await own.decrypt(value))
  if (resource?.ciphertext)
    return {
      key: brand ? 'brand.apiKey' : 'apiv3Key',
      decrypted: await decryptResource(message, own, decryptField),
    }
  if (Array.isArray(data) && data.some(({ encrypt_certificate }) => encrypt_certificate))
    return {
      key: 'apiv3Key',
      decrypted: await Promise.all(data.map(entry => decryptCertificate(entry.encrypt_certificate!, account))),
    }
  if (message.ciphertext && message.nonce)
    return { key: 'apiv3Key', decrypted: parseIfJson(await decryptWithKey(message as GcmCiphertext, account)) }
  return decryptFields(message, decryptField, brand ? 'brand.privateKey' : 'privateKey')
}

const decryptWithKey = async (
  encrypted: GcmCiphertext,
  { notificationKey, notificationKeyName, crypto }: SigningAccount,
): Promise<string> => decryptGcm(encrypted, await notificationKey(), crypto, notificationKeyName)

/** Parses decrypted text that is JSON; a certificate is not. */
const parseIfJson = (text: string): unknown => requireShallow(parseJsonOr(text, text))

/** Messages have fewer than ten levels. The functions that walk through one are recursive, and a stack is finite. */
const MAX_LEVELS = 512

/** Returns a value that is nested no deeper than functions can walk through it. Looks at it level by level, without recursion. */
function requireShallow(value: unknown): unknown {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_LEVELS)
      throw new MalformedError('NOT_JSON', `The message is nested more than ${MAX_LEVELS} levels deep.`)
    level = level.flatMap(each => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return value
}

/** Decrypts a resource, and its fields that are encrypted for the merchant's certificate. */
async function decryptResource(
  { event_type = '', resource }: Message,
  account: SigningAccount,
  decryptField: (value: string) => Promise<string>,
): Promise<unknown> {
  const plain = parseIfJson(await decryptWithKey(resource!, account))
  const paths = notificationTraits[nameInApi(account.api, event_type)]?.decrypt
  if (!paths) return plain
  return replaceFields(plain, paths, value => (value ? decryptField(String(value)) : value))
}

async function decryptCertificate(encrypted: GcmCiphertext, account: Account): Promise<object> {
  const pem = await decryptWithKey(encrypted, account)
  const { serial, notBefore, notAfter } = await importCertificate(pem, 'certificate', account.crypto)
  return { serial, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), pem }
}

async function decryptXml(body: string, { apiv2Key, crypto }: Account): Promise<DecryptedMessage | undefined> {
  const { req_info } = parseXml(body)
  if (typeof req_info !== 'string' || !req_info) return undefined
  const text = await decryptEcb(req_info, await importEcbKey(md5(apiv2Key()), crypto), crypto)
  return { key: 'apiv2Key', decrypted: parseXml(text) }
}

/** Base64 of the length of an RSA ciphertext with 2048, 3072 or 4096 bits, which no other field of a response has. */
const ENCRYPTED_FIELD = /^(?:[A-Za-z0-9+/]{342}==|[A-Za-z0-9+/]{512}|[A-Za-z0-9+/]{683}=)$/

/**
 * Decrypts the fields of a response. A saved response does not name its call, so a field is recognized by a name that a
 * definition marks as encrypted, and by its form. Other fields hold texts of the payer or the merchant, who must not
 * choose what the private key decrypts.
 */
async function decryptFields(
  message: unknown,
  decryptField: (value: string) => Promise<string>,
  key: DecryptionKeyName,
): Promise<DecryptedMessage | undefined> {
  const names = encryptedNames()
  let isFound = false
  const decryptValue = async (value: unknown, name: string): Promise<unknown> => {
    if (typeof value === 'string') {
      if (!names.has(name) || !ENCRYPTED_FIELD.test(value)) return value
      isFound = true
      return decryptField(value)
    }
    if (Array.isArray(value)) return Promise.all(value.map(member => decryptValue(member, name)))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(async ([key, member]) => [key, await decryptValue(member, key)] as const)
    return Object.fromEntries(await Promise.all(members))
  }
  const decrypted = await decryptValue(message, '')
  if (!isFound) return undefined
  return { key, decrypted }
}
