import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto'
import { createSimulator, type SimulatedMerchant } from '../../src/simulator/index.ts'
import type { BrandCredentials, Credentials } from './credentials.ts'

/** The simulator's merchant and brand, and the key pairs that the simulator has as WeChat Pay. */
export async function simulated(): Promise<BrandCredentials> {
  const made: CryptoKeyPair[] = []
  const simulator = await createSimulator({ brandId: '40001', crypto: rememberingCrypto(made) })
  const brand = simulator.brand!
  return {
    merchant: { ...simulator.merchant, brand },
    ...keysOf(simulator.merchant, made),
    brand: keysOf(brand, made),
  }
}

function keysOf(
  { certificate, platformKeys }: Pick<SimulatedMerchant, 'certificate' | 'platformKeys'>,
  made: readonly CryptoKeyPair[],
): Omit<Credentials, 'merchant'> {
  const [platformKeyId, pem] = Object.entries(platformKeys)[0]!
  const handedOut = spki(createPublicKey(pem))
  const own = made.find(({ publicKey }) => spki(KeyObject.from(publicKey)) === handedOut)
  if (!own) throw new Error('The simulator did not make the key that it hands out.')
  return {
    merchantPublicKey: new X509Certificate(certificate).publicKey,
    platformKeyId,
    // Through its bytes: a key of WebCrypto is for signing alone.
    platformPrivateKey: createPrivateKey(KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' })),
  }
}

const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string

/** The simulator gives its private keys to nobody: they are caught where they are made. */
function rememberingCrypto(made: CryptoKeyPair[]): Crypto {
  const generateKey = async (...args: Parameters<SubtleCrypto['generateKey']>) => {
    const keys = (await crypto.subtle.generateKey(...args)) as CryptoKeyPair
    made.push(keys)
    return keys
  }
  return facade(crypto, { subtle: facade(crypto.subtle, { generateKey }) })
}

/** The object with some members of its own; its methods insist on being called on the object itself. */
const facade = <T extends object>(target: T, own: Record<string, unknown>): T =>
  new Proxy(target, {
    get(_, name) {
      if (typeof name === 'string' && name in own) return own[name]
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
