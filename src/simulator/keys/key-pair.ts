import { readPem, writePem } from '../../core/crypto/pem.ts'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** An RSA key pair of 2048 bits. */
export interface KeyPair {
  /** PKCS#8 PEM, like `apiclient_key.pem`. */
  readonly privateKey: string
  readonly publicKey: CryptoKey
}

export async function generateKeyPair(crypto: Crypto): Promise<KeyPair> {
  const algorithm = { ...RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  return { privateKey: await privateKeyPem(pair.privateKey, crypto), publicKey: pair.publicKey }
}

/** Derives the key pair from a private key, PKCS#8 PEM. */
export async function readKeyPair(privateKey: string, crypto: Crypto): Promise<KeyPair> {
  const { der } = readPem(privateKey, 'privateKey')
  const key = await crypto.subtle.importKey('pkcs8', der, RSA, true, ['sign'])
  const { kty, n, e } = await crypto.subtle.exportKey('jwk', key)
  const publicKey = await crypto.subtle.importKey('jwk', { kty: kty!, n: n!, e: e! }, RSA, true, ['verify'])
  return { privateKey, publicKey }
}

/** Exports a private key as PKCS#8 PEM. */
export const privateKeyPem = async (key: CryptoKey, crypto: Crypto): Promise<string> =>
  writePem({ label: 'PRIVATE KEY', der: new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)) })

/** Exports a public key as SPKI PEM, like `pub_key.pem`. */
export const publicKeyPem = async (key: CryptoKey, crypto: Crypto): Promise<string> =>
  writePem({ label: 'PUBLIC KEY', der: new Uint8Array(await crypto.subtle.exportKey('spki', key)) })
