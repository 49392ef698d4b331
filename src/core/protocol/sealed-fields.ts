import type { Account } from '../account.ts'
import { replaceFields } from '../codec/fields.ts'
import { Sealed } from '../codec/sealed.ts'
import type { PublicKey } from '../crypto/keys.ts'
import { open, seal } from '../crypto/rsa.ts'
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
export async function sealFields(
  { params, trait }: Call,
  message: unknown,
  { account, platformKeys }: Credentials,
  serial?: string,
): Promise<{ params: unknown; body: unknown; serial: string | undefined }> {
  const note = (value: unknown, path: string) => {
    if (!(value instanceof Sealed)) return value
    serial ??= value.serial
    if (!serial || value.serial !== serial)
      throw invalidBody(path, 'encrypt all fields of a request with one key, and give its "serial"')
    return value
  }
  await replaceFields(params, trait.sealQuery, note)
  await replaceFields(message, trait.seal, note)

  const keyOf = async (path: string) => {
    const sealer = await platformKeys.sealer(serial)
    if (!sealer) throw invalidBody(path, `encrypt this with ${serial} too, or give that key in "platformKeys"`)
    serial = sealer.id
    return sealer.key
  }
  const sealOne = (value: unknown, path: string) => sealText(value, path, keyOf, account.crypto)
  return {
    params: await replaceFields(params, trait.sealQuery, sealOne),
    body: await replaceFields(message, trait.seal, sealOne),
    serial,
  }
}

/**
 * Encrypts text, unless the caller has encrypted it, or it is empty. Refuses values of other types, which would otherwise be sent
 * unencrypted. @throws {CallError} `BODY_INVALID`
 */
export async function sealText(
  text: unknown,
  path: string,
  keyOf: (path: string) => Promise<PublicKey>,
  crypto: Crypto,
): Promise<string> {
  if (text instanceof Sealed) return text.ciphertext
  if (typeof text !== 'string') throw invalidBody(path, 'give text')
  return (
    text &&
    seal(text, await keyOf(path), crypto).catch(cause => {
      throw invalidBody(path, 'too long: give at most 214 bytes', cause)
    })
  )
}

/** Decrypts the fields of a response that WeChat Pay encrypted for the merchant. @throws {ResponseDecryptionError} */
export async function openFields(
  data: unknown,
  received: ReceivedResponse,
  call: Call,
  account: Account,
): Promise<unknown> {
  const { open: paths } = call.trait
  if (!paths) return data
  const key = await account.privateKey()
  return replaceFields(data, paths, async value => {
    if (typeof value !== 'string' || !value) return value
    return open(value, key, account.crypto).catch(cause => {
      throw new ResponseDecryptionError(cause.code, cause.message, received, mayTakeEffect(call), cause)
    })
  })
}
