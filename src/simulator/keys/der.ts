import { type Bytes, concat } from '../../core/base/bytes.ts'

// Writes ASN.1 in DER (X.690): just what a certificate needs.

export const TAGS = { utf8: 0x0c, printable: 0x13, utcTime: 0x17, generalizedTime: 0x18 } as const

/** Encodes a value with its tag and length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const content = concat(...parts)
  const { length } = content
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content)
  const bytes = bigEndian(length)
  return concat(Uint8Array.of(tag, 0x80 | bytes.length, ...bytes), content)
}

export const sequence = (...parts: readonly Uint8Array[]): Bytes => der(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Bytes => der(0x31, ...parts)
export const octetString = (...parts: readonly Uint8Array[]): Bytes => der(0x04, ...parts)
export const bitString = (content: Uint8Array): Bytes => der(0x03, Uint8Array.of(0), content)
export const TRUE: Bytes = der(0x01, Uint8Array.of(0xff))
export const NULL: Bytes = der(0x05)

/** Encodes text as a type of string or time. */
export const text = (tag: number, value: string): Bytes => der(tag, new TextEncoder().encode(value))

/** Encodes a whole number that is not negative, big-endian, in as few bytes as possible. */
export function integer(bytes: Uint8Array): Bytes {
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first)
  // A leading bit of 1 would make it negative.
  return digits[0]! < 0x80 ? der(0x02, digits) : der(0x02, Uint8Array.of(0), digits)
}

/** Encodes an object identifier: `1.2.840.113549.1.1.11`. */
export function objectIdentifier(dotted: string): Bytes {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return der(0x06, Uint8Array.from([first * 40 + second, ...others].flatMap(base128)))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

function bigEndian(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return bytes
}
