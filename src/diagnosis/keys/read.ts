import { utf8 } from '../../core/base/bytes.ts'
import { ConfigurationError } from '../../core/base/errors.ts'
import { importCertificate, importPrivateKey, importPublicKey, privatePem, SIGNING } from '../../core/crypto/keys.ts'
import { readPem } from '../../core/crypto/pem.ts'
import { sign, verify } from '../../core/crypto/rsa.ts'
import { readCertificateNames } from './certificate.ts'
import type { GivenKey, GivenKeys, GivenPrivateKey, KeyProblem, SecretName, Secrets } from './given-keys.ts'

/** Keys of one text. A merchant that switches between certificates and the public key has four. */
const MAX_KEYS = 20

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----.{0,8000}?-----END \1-----/gs
const PUBLIC_KEY_ID = /PUB_KEY_ID_\w{1,64}/g
/** A variable as in `.env`. */
const VARIABLE =
  /^[ \t]*(?:export[ \t]+)?WECHATPAY_(APIV3_KEY|APIV2_KEY|BRAND_API_KEY)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|(\S*))/gm
const SECRET_OF_VARIABLE: Readonly<Record<string, SecretName>> = {
  APIV3_KEY: 'apiv3Key',
  APIV2_KEY: 'apiv2Key',
  BRAND_API_KEY: 'brand.apiKey',
}

/**
 * Reads keys and certificates from a text: PEM blocks with anything around them, such as the ids of public keys, or a whole `.env`.
 * Nothing of it is stored, and no key can be exported.
 *
 * @param text PEM blocks; `PUB_KEY_ID_…` beside a public key; variables `WECHATPAY_APIV3_KEY=…`
 * @param given keys that are a text, which take precedence over those in the text
 */
export async function readKeys(text: string, given: Secrets, crypto: Crypto): Promise<GivenKeys> {
  const unescaped = text.replaceAll('\\r', '').replaceAll('\\n', '\n')
  const blocks = [...unescaped.matchAll(BLOCK)]
  const problems: KeyProblem[] = []
  const { secrets, problems: secretProblems } = checkSecrets({ ...variablesOf(unescaped), ...withoutEmpty(given) })
  problems.push(...secretProblems)
  if (blocks.length > MAX_KEYS) problems.push({ kind: 'too-many', count: blocks.length })
  if (blocks.length === 0 && text.trim() !== '' && Object.keys(variablesOf(unescaped)).length === 0)
    problems.push({ kind: 'no-keys' })
  const ids = [...unescaped.matchAll(PUBLIC_KEY_ID)].map(({ 0: id, index }) => ({ id: id.toUpperCase(), index }))
  const owned = idsByBlock(
    ids,
    blocks
      .slice(0, MAX_KEYS)
      .filter(([, label]) => isPublic(label!))
      .map(({ 0: pem, index }) => ({ start: index, end: index + pem.length })),
  )
  const read = await Promise.all(
    blocks.slice(0, MAX_KEYS).map(async ({ 0: pem, 1: label, index }, at) => {
      try {
        return await readBlock(pem, label!, owned.get(index), crypto)
      } catch (error) {
        const known = error instanceof ConfigurationError ? error : unreadable(error)
        problems.push({ kind: 'pem', number: at + 1, error: known })
        return undefined
      }
    }),
  )
  const keys = read.filter(key => key !== undefined)
  return { keys: await withOwners(keys, crypto), secrets, problems }
}

const unreadable = (cause: unknown): ConfigurationError =>
  new ConfigurationError('PEM_INVALID', 'PEM', 'its content cannot be read', cause)

function variablesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(VARIABLE)].map(([, name, double, single, plain]) => [
    SECRET_OF_VARIABLE[name!]!,
    double ?? single ?? plain ?? '',
  ])
  return withoutEmpty(Object.fromEntries(found))
}

const withoutEmpty = (secrets: Secrets): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ''))

function checkSecrets(given: Readonly<Record<string, string>>): { secrets: Secrets; problems: KeyProblem[] } {
  const problems: KeyProblem[] = []
  const secrets: Record<string, string> = {}
  for (const [name, value] of Object.entries(given) as [SecretName, string][]) {
    const bytes = utf8(value).length
    if (value.includes('-----BEGIN')) problems.push({ kind: 'pem-as-secret', name })
    else if (bytes !== 32 && name !== 'apiv2Key') problems.push({ kind: 'length', name, bytes })
    else secrets[name] = value
  }
  return { secrets, problems }
}

const isPublic = (label: string): boolean => !/CERTIFICATE|PRIVATE/.test(label)

/** A name in a text, and where it is. */
interface PlacedId {
  readonly id: string
  readonly index: number
}

/** A place in a text. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Returns the ids of public keys by the start of their block: the pairs that stand nearest to each
 * other come first, and an id belongs to one block only, because two keys with one id would hide each other.
 */
function idsByBlock(ids: readonly PlacedId[], blocks: readonly Span[]): ReadonlyMap<number, string> {
  const distance = ({ id, index }: PlacedId, { start, end }: Span): number =>
    index < start ? start - index - id.length : index - end
  const pairs = blocks
    .flatMap(block => ids.map(placed => ({ block, id: placed.id, distance: distance(placed, block) })))
    .sort((left, right) => left.distance - right.distance)
  const found = new Map<number, string>()
  const taken = new Set<string>()
  for (const { block, id } of pairs) {
    if (found.has(block.start) || taken.has(id)) continue
    found.set(block.start, id)
    taken.add(id)
  }
  return found
}

async function readBlock(pem: string, label: string, id: string | undefined, crypto: Crypto): Promise<GivenKey> {
  if (label.includes('CERTIFICATE')) {
    const { key, serial, notBefore, notAfter } = await importCertificate(pem, 'PEM', crypto)
    const names = await readCertificateNames(readPem(pem, 'PEM').der, crypto)
    return { kind: 'certificate', id: serial, key, bits: bitsOf(key.verify), notBefore, notAfter, ...names }
  }
  if (label.includes('PRIVATE')) {
    const key = await importPrivateKey(pem, 'PEM', crypto)
    return { kind: 'private-key', key, verify: await publicHalfOf(pem, crypto), bits: bitsOf(key.sign) }
  }
  const key = await importPublicKey(pem, 'PEM', crypto)
  return { kind: 'public-key', id, key, bits: bitsOf(key.verify) }
}

const bitsOf = ({ algorithm }: CryptoKey): number => (algorithm as RsaHashedKeyAlgorithm).modulusLength

/** Returns the key that verifies what a private key signs. WebCrypto gives it only by way of JWK. */
async function publicHalfOf(pem: string, crypto: Crypto): Promise<CryptoKey> {
  const { subtle } = crypto
  const extractable = await subtle.importKey('pkcs8', privatePem(pem, 'PEM'), SIGNING, true, ['sign'])
  const { kty, n, e } = await subtle.exportKey('jwk', extractable)
  return subtle.importKey('jwk', { kty: kty!, n: n!, e: e! }, SIGNING, false, ['verify'])
}

/** Finds the certificate of each private key. */
async function withOwners(keys: readonly GivenKey[], crypto: Crypto): Promise<GivenKey[]> {
  const certificates = keys.filter(key => key.kind === 'certificate')
  const ownerOf = async ({ key }: GivenPrivateKey): Promise<string | undefined> => {
    if (certificates.length === 0) return undefined
    const signature = await sign('pair', key.sign, crypto)
    const owns = await Promise.all(certificates.map(each => verify('pair', signature, each.key.verify, crypto)))
    return certificates[owns.indexOf(true)]?.id
  }
  return Promise.all(keys.map(async key => (key.kind === 'private-key' ? { ...key, id: await ownerOf(key) } : key)))
}
