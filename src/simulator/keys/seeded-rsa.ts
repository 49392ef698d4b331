import { base64 } from '../../core/base/bytes.ts'
import { createRandom, type Random } from '../state/random.ts'
import { type KeyPair, privateKeyPem, readKeyPair } from './key-pair.ts'

const PRIME_BITS = 1024
const EXPONENT = 65537n
/** Rounds of Miller-Rabin: enough for numbers that nobody has chosen to deceive it. */
const ROUNDS = 8

/** Odd primes below 2,000: most candidates have one of them as a factor, and need no modular power. */
let smallPrimes: readonly bigint[] | undefined

function listSmallPrimes(): readonly bigint[] {
  smallPrimes ??= Array.from({ length: 1000 }, (_, at) => 2 * at + 3)
    .filter(odd => {
      for (let factor = 3; factor * factor <= odd; factor += 2) if (odd % factor === 0) return false
      return true
    })
    .map(BigInt)
  return smallPrimes
}

/** Keys by name: finding two primes takes about a second. */
const pairs = new Map<string, Promise<KeyPair>>()

/**
 * Derives an RSA key pair of 2048 bits from a name, the same one in every process. It is NOT SECRET: anybody can derive it. It is for
 * the merchants of a simulator with a seed, for which no key is built in. WebCrypto cannot generate a key from a seed.
 */
export function deriveKeyPair(name: string, crypto: Crypto): Promise<KeyPair> {
  const pair = pairs.get(name) ?? generate(createRandom(`rsa/${name}`), crypto)
  pairs.set(name, pair)
  return pair
}

async function generate(random: Random, crypto: Crypto): Promise<KeyPair> {
  const p = findPrime(random)
  let q = findPrime(random)
  while (q === p) q = findPrime(random)
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const texts = Object.entries(numbers).map(([name, number]) => [name, encode(number)])
  const jwk = { kty: 'RSA', ...Object.fromEntries(texts) } as JsonWebKey
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['sign'])
  return readKeyPair(await privateKeyPem(key, crypto), crypto)
}

/** Encodes a number as a JSON Web Key has it: its bytes, big-endian, as base64url without padding (RFC 7518, 6.3). */
function encode(number: bigint): string {
  const digits = number.toString(16)
  const bytes = (digits.length % 2 === 0 ? digits : `0${digits}`).match(/../g)!.map(pair => Number.parseInt(pair, 16))
  return base64(Uint8Array.from(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Finds a prime whose two highest bits are set, so that the product of two has 2048 bits. */
function findPrime(random: Random): bigint {
  for (;;) {
    let candidate = BigInt(`0x${random.hex(PRIME_BITS / 4)}`) | (3n << BigInt(PRIME_BITS - 2)) | 1n
    // A few hundred neighbours, then another place.
    for (const end = candidate + 4000n; candidate < end; candidate += 2n)
      if (candidate % EXPONENT !== 1n && isPrime(candidate, random)) return candidate
  }
}

function isPrime(candidate: bigint, random: Random): boolean {
  if (listSmallPrimes().some(prime => candidate % prime === 0n)) return false
  let odd = candidate - 1n
  let halvings = 0
  for (; (odd & 1n) === 0n; odd >>= 1n) halvings++
  const isWitness = (base: bigint): boolean => {
    let power = modularPower(base, odd, candidate)
    if (power === 1n || power === candidate - 1n) return false
    for (let round = 1; round < halvings; round++) {
      power = (power * power) % candidate
      if (power === candidate - 1n) return false
    }
    return true
  }
  if (isWitness(2n)) return false
  for (let round = 1; round < ROUNDS; round++) if (isWitness(BigInt(`0x${random.hex(32)}`) + 2n)) return false
  return true
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

/** Computes a modular inverse by the extended Euclidean algorithm. */
function inverse(number: bigint, modulus: bigint): bigint {
  let [previous, current] = [modulus, number % modulus]
  let [previousFactor, factor] = [0n, 1n]
  while (current > 0n) {
    const quotient = previous / current
    ;[previous, current] = [current, previous - quotient * current]
    ;[previousFactor, factor] = [factor, previousFactor - quotient * factor]
  }
  return previousFactor < 0n ? previousFactor + modulus : previousFactor
}
