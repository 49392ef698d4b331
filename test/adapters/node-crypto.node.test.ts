import * as nodeCrypto from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeCrypto } from '../../src/adapters/node-crypto.ts'

const { privateKey, publicKey } = nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
const SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const OAEP = { name: 'RSA-OAEP', hash: 'SHA-1' }
const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const secret = new TextEncoder().encode('0123456789abcdef0123456789ABCDEF')
const bytes = (maxLength = 300) => fc.uint8Array({ maxLength }) as fc.Arbitrary<Uint8Array<ArrayBuffer>>

let isWaiting = false
/** A WebCrypto whose operations are counted. */
const used: string[] = []
const native = {
  getRandomValues: crypto.getRandomValues.bind(crypto),
  subtle: new Proxy(crypto.subtle, {
    get: (subtle, name: keyof SubtleCrypto) =>
      typeof subtle[name] === 'function'
        ? (...args: never[]) => {
            if (name !== 'importKey') used.push(name)
            return (subtle[name] as (...args: never[]) => unknown)(...args)
          }
        : subtle[name],
  }),
} as Crypto
const { subtle } = createNodeCrypto(native, () => isWaiting)

beforeEach(() => {
  isWaiting = false
  used.length = 0
  return new Promise(resolve => setImmediate(resolve))
})

describe('on the calling thread', () => {
  it('signs and verifies like node:crypto', () =>
    fc.assert(
      fc.asyncProperty(bytes(), bytes(), async (message, other) => {
        const signing = await subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign'])
        const verifying = await subtle.importKey('spki', spki, SIGNING, false, ['verify'])
        const expected = nodeCrypto.sign('sha256', message, privateKey)
        expect(Buffer.from(await subtle.sign(SIGNING.name, signing, message))).toEqual(expected)
        const isSame = Buffer.compare(message, other) === 0
        expect(await subtle.verify(SIGNING.name, verifying, new Uint8Array(expected), message)).toBe(true)
        expect(await subtle.verify(SIGNING.name, verifying, new Uint8Array(expected), other)).toBe(isSame)
        expect(await subtle.verify(SIGNING.name, verifying, other, message)).toBe(false)
      }),
      { numRuns: 20 },
    ))

  it('encrypts and decrypts fields like node:crypto', () =>
    fc.assert(
      fc.asyncProperty(bytes(214), async text => {
        const encrypting = await subtle.importKey('spki', spki, OAEP, false, ['encrypt'])
        const decrypting = await subtle.importKey('pkcs8', pkcs8, OAEP, false, ['decrypt'])
        const options = { padding: nodeCrypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
        const encrypted = new Uint8Array(await subtle.encrypt(OAEP, encrypting, text))
        expect(new Uint8Array(nodeCrypto.privateDecrypt({ key: privateKey, ...options }, encrypted))).toEqual(text)
        const theirs = new Uint8Array(nodeCrypto.publicEncrypt({ key: publicKey, ...options }, text))
        expect(new Uint8Array(await subtle.decrypt(OAEP, decrypting, theirs))).toEqual(text)
      }),
      { numRuns: 20 },
    ))

  it('computes HMAC-SHA256 like node:crypto', () =>
    fc.assert(
      fc.asyncProperty(bytes(), async message => {
        const key = await subtle.importKey('raw', secret, HMAC, false, ['sign'])
        const expected = nodeCrypto.createHmac('sha256', secret).update(message).digest()
        expect(Buffer.from(await subtle.sign('HMAC', key, message))).toEqual(expected)
      }),
    ))

  it('decrypts AES-256-GCM of WebCrypto, with and without additional data', () =>
    fc.assert(
      fc.asyncProperty(bytes(), fc.option(bytes(), { nil: undefined }), async (text, additionalData) => {
        const algorithm = { name: 'AES-GCM', iv: secret.slice(0, 12), ...(additionalData && { additionalData }) }
        const key = await subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt', 'encrypt'])
        const theirs = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt'])
        const encrypted = new Uint8Array(await crypto.subtle.encrypt(algorithm, theirs, text))
        expect(new Uint8Array(await subtle.decrypt(algorithm, key, encrypted))).toEqual(text)
        encrypted[0]! ^= 1
        await expect(subtle.decrypt(algorithm, key, encrypted)).rejects.toMatchObject({ name: 'OperationError' })
      }),
    ))

  it('does all of these without WebCrypto', async () => {
    const signing = await subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign'])
    const verifying = await subtle.importKey('spki', spki, SIGNING, false, ['verify'])
    const signature = await subtle.sign(SIGNING.name, signing, secret)
    await subtle.verify(SIGNING.name, verifying, signature, secret)
    expect(used).toEqual([])
  })

  it.each([
    ['a text that is too long for the key', () => [OAEP, 'spki', spki, 'encrypt', new Uint8Array(215)] as const],
    [
      'a field that was encrypted for another key',
      () => [OAEP, 'pkcs8', pkcs8, 'decrypt', new Uint8Array(256)] as const,
    ],
    [
      'a ciphertext shorter than its tag',
      () => [{ name: 'AES-GCM', iv: secret.slice(0, 12) }, 'raw', secret, 'decrypt', new Uint8Array(3)] as const,
    ],
  ])('rejects %s with an OperationError, as WebCrypto does', async (_, make) => {
    const [algorithm, format, data, operation, input] = make()
    for (const each of [subtle, crypto.subtle]) {
      const key = await each.importKey(format as 'raw', data, algorithm, false, [operation])
      await expect(each[operation](algorithm, key, input)).rejects.toMatchObject({ name: 'OperationError' })
    }
  })
})

describe('on another thread', () => {
  /** Starts signatures, and returns how many of them exist before the event loop turns, which brings the results of other threads. */
  async function signedAtOnce(count: number): Promise<number> {
    const signing = await subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign'])
    const expected = nodeCrypto.sign('sha256', secret, privateKey)
    await new Promise(resolve => setImmediate(resolve))
    let signed = 0
    const signatures = Array.from({ length: count }, () =>
      subtle.sign(SIGNING.name, signing, secret).then(signature => {
        signed++
        expect(Buffer.from(signature)).toEqual(expected)
      }),
    )
    for (let turn = 0; turn < 100; turn++) await undefined
    const atOnce = signed
    await Promise.all(signatures)
    return atOnce
  }

  it('signs while a call waits for its response, so that calls share the processors', async () => {
    expect(await signedAtOnce(1)).toBe(1)
    isWaiting = true
    expect(await signedAtOnce(1)).toBe(0)
  })

  it('signs all but the first of many messages that are signed at once', async () => {
    expect(await signedAtOnce(3)).toBe(1)
  })
})

describe('with WebCrypto', () => {
  it('decrypts fields while a call waits for its response', async () => {
    isWaiting = true
    const decrypting = await subtle.importKey('pkcs8', pkcs8, OAEP, false, ['decrypt'])
    const encrypted = nodeCrypto.publicEncrypt({ key: publicKey, oaepHash: 'sha1' }, secret)
    expect(new Uint8Array(await subtle.decrypt(OAEP, decrypting, new Uint8Array(encrypted)))).toEqual(secret)
    expect(used).toEqual(['decrypt'])
  })

  it('processes inputs above 64 KiB, and keys that it has not imported itself', async () => {
    const verifying = await subtle.importKey('spki', spki, SIGNING, false, ['verify'])
    const long = new Uint8Array(65_537)
    expect(await subtle.verify(SIGNING.name, verifying, nodeCrypto.sign('sha256', long, privateKey), long)).toBe(true)
    const foreign = await crypto.subtle.importKey('raw', secret, HMAC, false, ['sign'])
    const expected = nodeCrypto.createHmac('sha256', secret).update(long.subarray(0, 9)).digest()
    expect(Buffer.from(await subtle.sign('HMAC', foreign, long.subarray(0, 9)))).toEqual(expected)
    expect(used).toEqual(['verify', 'sign'])
  })

  it('heeds parameters of an algorithm that APIv3 does not use, and refuses the algorithm of another key', async () => {
    const decrypting = await subtle.importKey('pkcs8', pkcs8, OAEP, false, ['decrypt'])
    const options = { key: publicKey, oaepHash: 'sha1', oaepLabel: Buffer.from('label') }
    const encrypted = new Uint8Array(nodeCrypto.publicEncrypt(options, secret))
    const label = new TextEncoder().encode('label')
    expect(new Uint8Array(await subtle.decrypt({ ...OAEP, label }, decrypting, encrypted))).toEqual(secret)
    await expect(subtle.sign('HMAC', decrypting, secret)).rejects.toMatchObject({ name: 'InvalidAccessError' })
  })

  it('uses keys of another hash, with their own hash', async () => {
    const key = await subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
    const expected = nodeCrypto.createHmac('sha512', secret).update('abc').digest()
    expect(Buffer.from(await subtle.sign('HMAC', key, Buffer.from('abc')))).toEqual(expected)
  })

  it('refuses an operation for which a key was not imported, and exports no key that it may not', async () => {
    const key = await subtle.importKey('spki', spki, SIGNING, true, [])
    await expect(subtle.verify(SIGNING.name, key, secret, secret)).rejects.toMatchObject({ name: 'InvalidAccessError' })
    const signing = await subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign'])
    await expect(subtle.exportKey('pkcs8', signing)).rejects.toMatchObject({ name: 'InvalidAccessError' })
    expect(new Uint8Array(await subtle.exportKey('spki', key))).toEqual(spki)
  })
})
