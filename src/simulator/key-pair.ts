import { writePem } from '../core/crypto/pem.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}

/** An RSA key pair of 2048 bits, extractable: the simulator hands its merchant the PEM. */
export const generateKeyPair = async (crypto: Crypto): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair

/** PKCS#8, as `apiclient_key.pem`. */
export const privateKeyPem = async (key: CryptoKey, crypto: Crypto): Promise<string> =>
  writePem({ label: 'PRIVATE KEY', der: new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)) })

/** SPKI, as `pub_key.pem`. */
export const publicKeyPem = async (key: CryptoKey, crypto: Crypto): Promise<string> =>
  writePem({ label: 'PUBLIC KEY', der: new Uint8Array(await crypto.subtle.exportKey('spki', key)) })
