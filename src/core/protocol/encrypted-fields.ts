import { invalidBody, type ReceivedResponse, ResponseDecryptionError } from '../base/errors.ts'
import { EncryptedField } from '../codec/encrypted.ts'
import { replaceFields } from '../codec/fields.ts'
import type { PublicKey } from '../crypto/keys.ts'
import { encrypt } from '../crypto/rsa.ts'
import type { SigningAccount } from '../options/account.ts'
import { type Call, mayTakeEffect, type SigningCredentials } from './call.ts'

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
  { account, platformKeys }: SigningCredentials,
  serial?: string,
): Promise<{ params: unknown; body: unknown; serial: string | undefined }> {
  const noteKey = (value: unknown, path: string) => {
    if (!(value instanceof EncryptedField)) return value
    serial ??= value.serial
    if (!serial || value.serial !== serial)
      throw invalidBody(path, 'encrypt all fields of a request with one key, and give its "serial"')
    return value
  }
  // Text in place of an object could hold personal data, which would be sent unencrypted.
  const options = { isStrict: true }
  await replaceFields(params, trait.encryptQuery, noteKey, options)
  await replaceFields(message, trait.encrypt, noteKey, options)

  const keyOf = async (path: string) => {
    const encryptionKey = await platformKeys.encryptionKey(serial)
    if (!encryptionKey) throw invalidBody(path, `encrypt this with ${serial} too, or give that key in "platformKeys"`)
    serial = encryptionKey.id
    return encryptionKey.key
  }
  const encryptValue = (value: unknown, path: string) => encryptText(value, path, keyOf, account.crypto)
  return {
    params: await replaceFields(params, trait.encryptQuery, encryptValue, options),
    body: await replaceFields(message, trait.encrypt, encryptValue, options),
    serial,
  }
}

/**
 * Encrypts text, unless the caller has encrypted it, or it is empty. Refuses values of other types, which would
 * otherwise be sent unencrypted.
 *
 * @throws {CallError} `BODY_INVALID`
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

/** Decrypts the fields of a response that WeChat Pay encrypted for the merchant or the brand. @throws {ResponseDecryptionError} */
export async function decryptFields(
  data: unknown,
  received: ReceivedResponse,
  call: Call,
  account: SigningAccount,
): Promise<unknown> {
  const { decrypt: paths } = call.trait
  if (!paths) return data
  return replaceFields(data, paths, async value => {
    if (typeof value !== 'string' || !value) return value
    return account.decrypt(value).catch(cause => {
      throw new ResponseDecryptionError('DECRYPTION_FAILED', cause.message, received, mayTakeEffect(call), cause)
    })
  })
}
