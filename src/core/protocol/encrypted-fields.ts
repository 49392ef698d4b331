import type { Account } from '../account.ts'
import { EncryptedField } from '../codec/encrypted.ts'
import { replaceFields } from '../codec/fields.ts'
import type { PublicKey } from '../crypto/keys.ts'
import { decrypt, encrypt } from '../crypto/rsa.ts'
import { invalidBody, type ReceivedResponse, ResponseDecryptionError } from '../errors.ts'
import { type Call, type Credentials, mayTakeEffect } from './call.ts'

/**
 * Encrypts the sensitive fields (敏感信息加密) of a call. Fields that the caller has encrypted are sent unchanged and
 * determine the key, because a request names a single key in `Wechatpay-Serial`.
 *
 * @param message the body, or the form of an upload
 * @param serial the id of the key, if the message names it itself
 * @returns query and body, and the id of the key if anything is encrypted
 * @throws {CallError} `BODY_INVALID`
 */
export async function encryptFields(
  { params, trait }: Call,
  message: unknown,
  { account, platformKeys }: Credentials,
  serial?: string,
): Promise<{ params: unknown; body: unknown; serial: string | undefined }> {
  const note = (value: unknown, path: string) => {
    if (!(value instanceof EncryptedField)) return value
    serial ??= value.serial
    if (!serial || value.serial !== serial)
      throw invalidBody(path, 'encrypt all fields of a request with one key, and give its "serial"')
    return value
  }
  await replaceFields(params, trait.encryptQuery, note)
  await replaceFields(message, trait.encrypt, note)

  const keyOf = async (path: string) => {
    const encryptionKey = await platformKeys.encryptionKey(serial)
    if (!encryptionKey) throw invalidBody(path, `encrypt this with ${serial} too, or give that key in "platformKeys"`)
    serial = encryptionKey.id
    return encryptionKey.key
  }
  const encryptValue = (value: unknown, path: string) => encryptText(value, path, keyOf, account.crypto)
  return {
    params: await replaceFields(params, trait.encryptQuery, encryptValue),
    body: await replaceFields(message, trait.encrypt, encryptValue),
    serial,
  }
}

/**
 * Encrypts text, unless the caller has encrypted it, or it is empty. Refuses values of other types, which would otherwise be sent
 * unencrypted. @throws {CallError} `BODY_INVALID`
 */
export async function encryptText(
  text: unknown,
  path: string,
  keyOf: (path: string) => Promise<PublicKey>,
  crypto: Crypto,
): Promise<string> {
  if (text instanceof EncryptedField) return text.ciphertext
  if (typeof text !== 'string') throw invalidBody(path, 'give text')
  return (
    text &&
    encrypt(text, await keyOf(path), crypto).catch(cause => {
      throw invalidBody(path, 'too long: give at most 214 bytes', cause)
    })
  )
}

/** Decrypts the fields of a response that WeChat Pay encrypted for the merchant. @throws {ResponseDecryptionError} */
export async function decryptFields(
  data: unknown,
  received: ReceivedResponse,
  call: Call,
  account: Account,
): Promise<unknown> {
  const { decrypt: paths } = call.trait
  if (!paths) return data
  const key = await account.privateKey()
  return replaceFields(data, paths, async value => {
    if (typeof value !== 'string' || !value) return value
    return decrypt(value, key, account.crypto).catch(cause => {
      throw new ResponseDecryptionError(cause.code, cause.message, received, mayTakeEffect(call), cause)
    })
  })
}
