import {
  constants,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto'
import { promisify } from 'node:util'

/** Maximum bytes of an input that is processed on the calling thread. A longer one would hold up the program. */
const MAX_INPUT = 64 * 1024
/** Bytes of the tag at the end of an AES-GCM ciphertext. */
const TAG = 16

/**
 * Creates a `Crypto` that does short operations on the calling thread with `node:crypto`. WebCrypto does each on another thread,
 * and the way there and back takes longer than most of them: 50 µs, where a verification takes 25 µs.
 *
 * An operation with a private key takes ten times as long. It is done on the calling thread once per turn of the event loop and
 * while no call waits for its response; otherwise other threads share the work of the concurrent calls.
 *
 * Keys are imported by WebCrypto too, which checks them, and are as little extractable. A `CryptoKey` that was imported elsewhere is used
 * by WebCrypto.
 *
 * @param native the runtime's WebCrypto, which does everything else
 * @param isWaiting returns whether a call waits for its response
 */
export function createNodeCrypto(native: Crypto, isWaiting: () => boolean): Crypto {
  const { subtle } = native
  const keyObjects = new WeakMap<CryptoKey, KeyObject>()

  let hasBlocked = false
  function mayBlock(): boolean {
    if (hasBlocked || isWaiting()) return false
    hasBlocked = true
    setImmediate(() => {
      hasBlocked = false
    })
    return true
  }

  async function importKey(format: KeyFormat, data: BufferSource, ...rest: ImportArguments): Promise<CryptoKey> {
    const key = await subtle.importKey(format as 'raw', data, ...rest)
    const readKey = READ_KEY[format]
    if (readKey && isSupported(key)) keyObjects.set(key, readKey(Buffer.from(bytesOf(data))))
    return key
  }

  /** Returns the method of `SubtleCrypto` for an operation. */
  function methodOf(name: OperationName) {
    const nativeMethod = (subtle[name] as (...args: unknown[]) => Promise<unknown>).bind(subtle)
    return async (algorithm: AlgorithmIdentifier, key: CryptoKey, ...data: BufferSource[]): Promise<unknown> => {
      const run = OPERATIONS[`${name} ${key.algorithm.name}`]
      const keyObject = keyObjects.get(key)
      const isKnown =
        run !== undefined &&
        keyObject !== undefined &&
        isPlain(algorithm, key) &&
        key.usages.includes(name) &&
        data.every(({ byteLength }) => byteLength <= MAX_INPUT)
      const isQuick = isKnown && (key.type !== 'private' || mayBlock())
      if (!isQuick && !(isKnown && name === 'sign')) return nativeMethod(algorithm, key, ...data)
      try {
        if (!isQuick) return arrayBufferOf(await signElsewhere('sha256', bytesOf(data[0]!), keyObject))
        const result = run(keyObject, data.map(bytesOf), algorithm as Algorithm)
        return typeof result === 'boolean' ? result : arrayBufferOf(result)
      } catch (cause) {
        // As WebCrypto does, without telling which part of a decryption failed.
        const error = new DOMException('The operation failed for an operation-specific reason', 'OperationError')
        throw Object.assign(error, { cause })
      }
    }
  }

  const members = {
    ...methodsOf(subtle),
    importKey,
    sign: methodOf('sign'),
    verify: methodOf('verify'),
    encrypt: methodOf('encrypt'),
    decrypt: methodOf('decrypt'),
  }
  return { ...methodsOf(native), subtle: members } as unknown as Crypto
}

/** Returns the methods of an object, for an object of another class: WebCrypto's require their own `this`. */
function methodsOf(original: object): Readonly<Record<string, unknown>> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(original)).filter(
    name => name !== 'constructor' && typeof Reflect.get(original, name) === 'function',
  )
  return Object.fromEntries(names.map(name => [name, Reflect.get(original, name).bind(original)]))
}

type ImportArguments = [algorithm: AlgorithmIdentifier, extractable: boolean, usages: KeyUsage[]]
type OperationName = 'sign' | 'verify' | 'encrypt' | 'decrypt'
type Operation = (key: KeyObject, data: readonly Uint8Array[], algorithm: Algorithm) => Uint8Array | boolean

/** Reads a key of a format of WebCrypto. */
const READ_KEY: Readonly<Partial<Record<KeyFormat, (der: Buffer) => KeyObject>>> = {
  raw: bytes => createSecretKey(bytes),
  pkcs8: key => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
  spki: key => createPublicKey({ key, format: 'der', type: 'spki' }),
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

/** Signs on another thread, with less work on this one than WebCrypto does. */
const signElsewhere: (hash: string, message: Uint8Array, key: KeyObject) => Promise<Buffer> = promisify(sign)

/** The operations of both APIs that are short, by their names in WebCrypto. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'sign RSASSA-PKCS1-v1_5': (key, [message]) => sign('sha256', message!, key),
  'verify RSASSA-PKCS1-v1_5': (key, [signature, message]) => verify('sha256', message!, key, signature!),
  'encrypt RSA-OAEP': (key, [text]) => publicEncrypt({ key, ...OAEP }, text!),
  'decrypt RSA-OAEP': (key, [ciphertext]) => privateDecrypt({ key, ...OAEP }, ciphertext!),
  'sign HMAC': (key, [message]) => createHmac('sha256', key).update(message!).digest(),
  'decrypt AES-GCM': (key, [ciphertext], algorithm) => decryptGcm(key, ciphertext!, algorithm as AesGcmParams),
}

function decryptGcm(key: KeyObject, ciphertext: Uint8Array, { iv, additionalData }: AesGcmParams): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, bytesOf(iv), { authTagLength: TAG })
  if (additionalData) decipher.setAAD(bytesOf(additionalData))
  decipher.setAuthTag(ciphertext.subarray(-TAG))
  const text = decipher.update(ciphertext.subarray(0, -TAG))
  // Throws unless the tag is right; the text is not returned before.
  decipher.final()
  return text
}

/** The hash of each algorithm in {@link OPERATIONS}. A key with another one is used by WebCrypto. */
const HASHES: Readonly<Record<string, string | undefined>> = {
  'RSASSA-PKCS1-v1_5': 'SHA-256',
  'RSA-OAEP': 'SHA-1',
  HMAC: 'SHA-256',
}

function isSupported({ algorithm }: CryptoKey): boolean {
  const { name, hash, length } = algorithm as RsaHashedKeyAlgorithm & AesKeyAlgorithm
  return name === 'AES-GCM' ? length === 256 : hash !== undefined && HASHES[name] === hash.name
}

/** Returns whether an algorithm is the key's, without a parameter that {@link OPERATIONS} do not read. */
function isPlain(algorithm: AlgorithmIdentifier, key: CryptoKey): boolean {
  const { name, label, tagLength } = (typeof algorithm === 'string' ? { name: algorithm } : algorithm) as Parameters
  return name === key.algorithm.name && label === undefined && tagLength === undefined
}
type Parameters = Pick<RsaOaepParams, 'name' | 'label'> & Pick<AesGcmParams, 'tagLength'>

function bytesOf(data: BufferSource): Uint8Array {
  if (data instanceof Uint8Array) return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** Copies bytes that are part of a larger buffer, such as Node's pool. */
const arrayBufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBufferLike =>
  byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
