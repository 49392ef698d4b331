import { fromBase64, hex } from '../../core/bytes.ts'
import { writePem } from '../../core/crypto/pem.ts'
import { createRandom } from '../state/random.ts'
import { generateKeyPair, type KeyPair, privateKeyPem, readKeyPair } from './key-pair.ts'

/** What certificates are signed with. */
export interface AuthorityKey {
  readonly algorithm: 'ECDSA' | 'RSA'
  /** PKCS#8 */
  readonly privateKey: string
}

/**
 * Makes keys and what is written on them, each under a name of its own: of what is made side by side nothing must depend
 * on which is ready first.
 */
export interface KeySource {
  keyPair(name: string): Promise<KeyPair>
  authorityKey(): Promise<AuthorityKey>
  /** Lower-case hex digits. */
  hex(name: string, count: number): string
  /** Decimal digits. */
  digits(name: string, count: number): string
}

/** Other keys each time, of the platform's own randomness. */
export const createRandomKeySource = (crypto: Crypto): KeySource => ({
  keyPair: () => generateKeyPair(crypto),
  async authorityKey() {
    // P-256: made in no time, where another RSA key would double the cold start.
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    return { algorithm: 'ECDSA', privateKey: await privateKeyPem((keys as CryptoKeyPair).privateKey, crypto) }
  },
  hex: (_, count) => hex(crypto.getRandomValues(new Uint8Array(Math.ceil(count / 2)))).slice(0, count),
  digits: (_, count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), byte => byte % 10).join(''),
})

/**
 * The same keys for the same seed, and certificates that are the same to the byte at the same time: RSA signs alike each
 * time. The RSA keys are the same for every seed: they are built in, known to everybody, and protect nothing. A name that
 * none is built in for gets a fresh one.
 */
export function createSeededKeySource(seed: string, crypto: Crypto): KeySource {
  const builtIn = async (name: string): Promise<string | undefined> => {
    const { DEVELOPMENT_KEYS } = await import('./development-keys.ts')
    const der = DEVELOPMENT_KEYS[name]
    return der && writePem({ label: 'PRIVATE KEY', der: fromBase64(der) })
  }
  return {
    async keyPair(name) {
      const known = await builtIn(name)
      return known === undefined ? generateKeyPair(crypto) : readKeyPair(known, crypto)
    },
    authorityKey: async () => ({ algorithm: 'RSA', privateKey: (await builtIn('authority'))! }),
    hex: (name, count) => createRandom(`${seed}/${name}`).hex(count),
    digits: (name, count) => createRandom(`${seed}/${name}`).digits(count),
  }
}
