import { type Bytes, base64, fromBase64, fromUtf8 } from '../base/bytes.ts'
import { ConfigurationError, DecryptionError, TransportError } from '../base/errors.ts'
import { type Limits, withinLimits } from '../base/limits.ts'

/**
 * The merchant's private key where it stays: in a key management service (KMS), an HSM, or another program. The client
 * sends it what must be signed or decrypted, and never sees the key.
 *
 * Each attempt of a call is signed anew, with a new time and nonce. An attempt that is not signed within the `timeout` of
 * the call is not sent; functions that make no call (`startJsapi`, notifications) wait for the `timeout` of the client.
 * An error of the signer is only the `cause` of a `TransportError` (`SIGNER_FAILED`), and not part of its message.
 *
 * @example
 * ```ts
 * const signer: Signer = {
 *   serial,
 *   async sign(message) {
 *     const digest = { sha256: new Uint8Array(await crypto.subtle.digest('SHA-256', message)) }
 *     const [{ signature }] = await kms.asymmetricSign({ name, digest }) // Google Cloud KMS
 *     return signature as Uint8Array
 *   },
 * }
 * const wxpay = new Wechatpay({ mchid, signer, platformKeys: { PUB_KEY_ID_0…: publicKeyPem } })
 * ```
 */
export interface Signer {
  /**
   * The serial of the key's certificate (商户 API 证书序列号), upper-case hex. Not needed with the option `serial`, which takes
   * precedence, or `certificate`.
   */
  readonly serial?: string
  /**
   * Signs with RSASSA-PKCS1-v1_5 and SHA-256 (SHA256withRSA).
   *
   * @param message the bytes to sign, not their digest: UTF-8, as long as the body of the call. For a service that
   * accepts only digests, or only short messages: `await crypto.subtle.digest('SHA-256', message)`
   * @returns the bytes of the signature, 256 for a 2,048-bit key; neither base64 nor hex
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
   */
  sign(message: GivenBytes): SignerBytes | Promise<SignerBytes>
  /**
   * Decrypts a field (敏感信息解密) with RSA-OAEP, SHA-1 and MGF1 with SHA-1. Without it, responses and notifications with
   * encrypted fields fail with an error that names it.
   *
   * @param ciphertext 256 bytes for a 2,048-bit key
   * @returns the bytes of the text
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053265
   */
  decrypt?(ciphertext: GivenBytes): SignerBytes | Promise<SignerBytes>
}

/**
 * Bytes as a signer receives them: `Uint8Array<ArrayBuffer>` for a TypeScript that requires it of WebCrypto (5.9),
 * `Uint8Array` for an older one, which does not know type parameters of it.
 */
export type GivenBytes = ReturnType<TextEncoder['encode']>

/** Bytes as a signer returns them; a `Buffer` is a `Uint8Array`. */
export type SignerBytes = ArrayBuffer | Uint8Array

/**
 * Has a signer sign a message.
 *
 * @param option the name of its option, for errors
 * @returns base64
 * @throws {TransportError} `SIGNER_FAILED`, `TIMEOUT`, `ABORTED`
 * @throws {ConfigurationError} `OPTION_INVALID`: it returned something else than a signature
 */
export async function signBySigner(message: Bytes, signer: Signer, limits: Limits, option = 'signer'): Promise<string> {
  const result = await ask(signer, 'sign', message, limits, option)
  const signature = new Uint8Array(Object(result).byteLength && result)
  // RSA keys of 2,048, 3,072 and 4,096 bits. A digest, a signature by another algorithm and text have other lengths.
  if ([256, 384, 512].includes(signature.length)) return base64(signature)
  throw new ConfigurationError('OPTION_INVALID', option, 'sign() must return the signature as bytes: 256, 384 or 512')
}

/**
 * Has a signer decrypt a field.
 *
 * @param encrypted base64
 * @param option the name of its option, for errors
 * @throws {TransportError} `SIGNER_FAILED`, `TIMEOUT`
 * @throws {DecryptionError}
 */
export async function decryptBySigner(
  encrypted: string,
  signer: Signer,
  limits: Limits,
  option = 'signer',
): Promise<string> {
  if (!signer.decrypt) throw new DecryptionError(`Give "${option}.decrypt".`)
  try {
    // Decoding undefined would return empty text.
    return fromUtf8(Object(await ask(signer, 'decrypt', fromBase64(encrypted), limits, option)))
  } catch (cause) {
    if (cause instanceof TransportError) throw cause
    throw new DecryptionError(`${option}.decrypt does not decrypt this to text.`, cause)
  }
}

/** Waits for a signer. Its error is only a cause, because its message may show what it was given. */
function ask(
  signer: Signer,
  method: 'sign' | 'decrypt',
  bytes: Bytes,
  limits: Limits,
  option: string,
): Promise<SignerBytes> {
  const work = async () => signer[method]!(bytes)
  return withinLimits({ ...limits, changes: false, awaited: `answer of ${option}.${method}` }, () =>
    work().catch(cause => {
      throw new TransportError('SIGNER_FAILED', `${option}.${method} failed. See the cause.`, false, cause)
    }),
  )
}
