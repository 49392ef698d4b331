import { importPrivateKey, type PrivateKey } from '../../core/crypto/keys.ts'
import { readPem, writePem } from '../../core/crypto/pem.ts'
import { readDer } from '../../core/crypto/x509.ts'
import type { SimulatorContext } from '../context.ts'
import { generateKeyPair, publicKeyPem, readKeyPair } from './key-pair.ts'

/** The key pair that `rsa-bank` fields are encrypted with. `/risk/getpublickey` returns its public key. */
export interface BankKey {
  /** PKCS#1 PEM, the format of `/risk/getpublickey`. */
  readonly publicKey: string
  readonly private: PrivateKey
}

type BankKeyContext = Pick<SimulatorContext, 'state' | 'crypto'>

const bankKeys = new WeakMap<SimulatorContext['state'], Promise<BankKey>>()

/** Returns the bank key. It is generated at the first call and saved in the state, so that it survives a restart. */
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
    publicKey: toPkcs1(await publicKeyPem(publicKey, crypto)),
    private: await importPrivateKey(privateKey, 'bank key', crypto),
  }
}

/** Reads the PKCS#1 key out of a `SubjectPublicKeyInfo` (RFC 5280, 4.1): a bit string, whose first byte counts unused bits. */
function toPkcs1(spki: string): string {
  const [info] = readDer(readPem(spki, 'bank key').der)
  const [, key] = readDer(info!.content)
  return writePem({ label: 'RSA PUBLIC KEY', der: key!.content.slice(1) })
}
