import { fromBase64, hex } from '../../core/base/bytes.ts'
import { writePem } from '../../core/crypto/pem.ts'
import { createRandom } from '../state/random.ts'
import { generateKeyPair, type KeyPair, privateKeyPem, readKeyPair } from './key-pair.ts'
import { deriveKeyPair } from './seeded-rsa.ts'

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

/**
 * Creates a source of fresh keys and cryptographically random values.
 *
 * @param keyPairs key pairs that are being generated already; each is removed when it is used
 */
export const createRandomKeySource = (crypto: Crypto, keyPairs: Promise<KeyPair>[]): KeySource => ({
  keyPair: () => keyPairs.shift() ?? generateKeyPair(crypto),
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
 * signatures with RSA are deterministic. Its RSA keys are public, the same for every seed, and protect nothing: they are built in, or
 * derived from their name.
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
      return privateKey === undefined ? deriveKeyPair(name, crypto) : readKeyPair(privateKey, crypto)
    },
    authorityKey: async () => ({ algorithm: 'RSA', privateKey: (await builtInKey('authority'))! }),
    hex: (name, count) => createRandom(`${seed}/${name}`).hex(count),
    digits: (name, count) => createRandom(`${seed}/${name}`).digits(count),
  }
}

/** Returns a source whose names begin with a scope, so that another owner gets other keys. The authority is the same. */
export const scopeKeySource = (source: KeySource, scope: string): KeySource => ({
  keyPair: name => source.keyPair(`${scope}/${name}`),
  authorityKey: source.authorityKey,
  hex: (name, count) => source.hex(`${scope}/${name}`, count),
  digits: (name, count) => source.digits(`${scope}/${name}`, count),
})
