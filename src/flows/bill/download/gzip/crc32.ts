const BYTES = 8

/**
 * CRC-32 tables for slicing-by-8: the first 256 entries are those of RFC 1952, 8; each further 256 advance them one
 * byte.
 */
const TABLE = new Int32Array(256 * BYTES)
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  TABLE[byte] = remainder
}
for (let at = 256; at < TABLE.length; at++) {
  const before = TABLE[at - 256]!
  TABLE[at] = (before >>> 8) ^ TABLE[before & 0xff]!
}

/**
 * Updates a gzip CRC-32 with more bytes.
 *
 * @param crc the CRC of the preceding bytes; 0 at the beginning
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array, crc: number): number {
  let remainder = ~crc
  let at = 0
  for (; at + BYTES <= bytes.length; at += BYTES) {
    remainder ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    remainder =
      TABLE[1792 + (remainder & 0xff)]! ^
      TABLE[1536 + ((remainder >>> 8) & 0xff)]! ^
      TABLE[1280 + ((remainder >>> 16) & 0xff)]! ^
      TABLE[1024 + (remainder >>> 24)]! ^
      TABLE[768 + bytes[at + 4]!]! ^
      TABLE[512 + bytes[at + 5]!]! ^
      TABLE[256 + bytes[at + 6]!]! ^
      TABLE[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) remainder = (remainder >>> 8) ^ TABLE[(remainder ^ bytes[at]!) & 0xff]!
  return ~remainder >>> 0
}
