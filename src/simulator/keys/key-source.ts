import { fromBase64, hex } from '../../core/bytes.ts'
import { writePem } from '../../core/crypto/pem.ts'
import { createRandom } from '../state/random.ts'
import { generateKeyPair, type KeyPair, privateKeyPem, readKeyPair } from './key-pair.ts'

/** The key that a certificate authority signs with. */
export interface AuthorityKey {
  readonly algorithm: 'ECDSA' | 'RSA'
  /** PKCS#8 */
  readonly privateKey: string
}

/**
 * Makes keys, serials and other random values, each under a name, so that concurrent calls get the same results in any
 * order.
 */
export interface KeySource {
  keyPair(name: string): Promise<KeyPair>
  authorityKey(): Promise<AuthorityKey>
  /** Returns lower-case hex digits. */
  hex(name: string, count: number): string
  /** Returns decimal digits. */
  digits(name: string, count: number): string
}

/** Creates a source of fresh keys and cryptographically random values. */
export const createRandomKeySource = (crypto: Crypto): KeySource => ({
  keyPair: () => generateKeyPair(crypto),
  async authorityKey() {
    // P-256 takes no time to generate, while another RSA key would double the cold start.
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    return { algorithm: 'ECDSA', privateKey: await privateKeyPem((keys as CryptoKeyPair).privateKey, crypto) }
  },
  hex: (_, count) => hex(crypto.getRandomValues(new Uint8Array(Math.ceil(count / 2)))).slice(0, count),
  digits: (_, count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), byte => byte % 10).join(''),
})

/**
 * Creates a source that repeats for the same seed. At the same time its certificates are equal byte for byte, because
 * signatures with RSA are deterministic. Its RSA keys are built in and public, the same for every seed, and protect
 * nothing; a name without a built-in key gets a fresh one.
 */
export function createSeededKeySource(seed: string, crypto: Crypto): KeySource {
  const builtInKey = async (name: string): Promise<string | undefined> => {
    const { DEVELOPMENT_KEYS } = await import('./development-keys.ts')
    const der = DEVELOPMENT_KEYS[name]
    return der && writePem({ label: 'PRIVATE KEY', der: fromBase64(der) })
  }
  return {
    async keyPair(name) {
      const privateKey = await builtInKey(name)
      return privateKey === undefined ? generateKeyPair(crypto) : readKeyPair(privateKey, crypto)
    },
    authorityKey: async () => ({ algorithm: 'RSA', privateKey: (await builtInKey('authority'))! }),
    hex: (name, count) => createRandom(`${seed}/${name}`).hex(count),
    digits: (name, count) => createRandom(`${seed}/${name}`).digits(count),
  }
}
