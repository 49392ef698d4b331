import type { ConfigurationError } from '../../core/base/errors.ts'
import type { PrivateKey, PublicKey } from '../../core/crypto/keys.ts'
import type { CertificateNames } from './certificate.ts'

export interface GivenCertificate extends CertificateNames {
  readonly kind: 'certificate'
  readonly id: string
  readonly key: PublicKey
  readonly bits: number
  readonly notBefore: Date
  readonly notAfter: Date
}

export interface GivenPublicKey {
  readonly kind: 'public-key'
  /** `PUB_KEY_ID_…`; absent if the text does not say. */
  readonly id?: string | undefined
  readonly key: PublicKey
  readonly bits: number
}

export interface GivenPrivateKey {
  readonly kind: 'private-key'
  /** Serial of the given certificate that it belongs to. */
  readonly id?: string | undefined
  readonly key: PrivateKey
  /** Its public half, which verifies what it signed. */
  readonly verify: CryptoKey
  readonly bits: number
}

export type GivenKey = GivenCertificate | GivenPublicKey | GivenPrivateKey

/** Something in the text that is not a usable key. */
export type KeyProblem =
  /** @param option the place of the block in the text, from 1 */
  | { readonly kind: 'pem'; readonly number: number; readonly error: ConfigurationError }
  | { readonly kind: 'length'; readonly name: SecretName; readonly bytes: number }
  | { readonly kind: 'pem-as-secret'; readonly name: SecretName }
  | { readonly kind: 'no-keys' }
  | { readonly kind: 'too-many'; readonly count: number }

/** Keys that are a text, by the client's option. */
export type SecretName = 'apiv3Key' | 'apiv2Key' | 'brand.apiKey'
export type Secrets = Readonly<Partial<Record<SecretName, string>>>

/** The keys that somebody gives to check a message with. */
export interface GivenKeys {
  readonly keys: readonly GivenKey[]
  readonly secrets: Secrets
  readonly problems: readonly KeyProblem[]
}
