import { importPrivateKey, type PrivateKey } from '../../core/crypto/keys.ts'
import { readPem, writePem } from '../../core/crypto/pem.ts'
import type { SimulatorContext } from '../context.ts'
import { generateKeyPair, publicKeyPem, readKeyPair } from './key-pair.ts'

/** What `rsa-bank` fields are sealed with: its public half is asked for with `/risk/getpublickey`. */
export interface BankKey {
  /** PKCS#1 PEM, as the service answers it. */
  readonly publicKey: string
  readonly private: PrivateKey
}

type BankKeyContext = Pick<SimulatorContext, 'state' | 'crypto'>

const bankKeys = new WeakMap<SimulatorContext['state'], Promise<BankKey>>()

/** Made when it is first needed, and kept with the state: what was sealed with it opens after a restart. */
export function bankKey({ state, crypto }: BankKeyContext): Promise<BankKey> {
  const key = bankKeys.get(state) ?? loadBankKey({ state, crypto })
  bankKeys.set(state, key)
  return key
}

async function loadBankKey({ state, crypto }: BankKeyContext): Promise<BankKey> {
  const stored = state.map<string>('bank-key')
  const pem = stored.get('privateKey')
  const { privateKey, publicKey } = await (pem ? readKeyPair(pem, crypto) : generateKeyPair(crypto))
  stored.set('privateKey', privateKey)
  return {
    publicKey: pkcs1(await publicKeyPem(publicKey, crypto)),
    private: await importPrivateKey(privateKey, 'bank key', crypto),
  }
}

/** What of an RSA key's `SubjectPublicKeyInfo` stands before the key itself, where it has 2048 bits (RFC 5280, 4.1). */
const SPKI_HEAD = 24

const pkcs1 = (spki: string): string =>
  writePem({ label: 'RSA PUBLIC KEY', der: readPem(spki, 'bank key').der.slice(SPKI_HEAD) })
