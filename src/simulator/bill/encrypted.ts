import { type Bytes, concat, utf8 } from '../../core/base/bytes.ts'
import { sha1 } from '../../core/crypto/digest.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { encrypt } from '../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../context.ts'
import { gzip } from './downloads.ts'

/** Bytes per part. WeChat Pay splits bills larger than 16 GB; the simulator splits smaller ones, for tests. */
const PART_SIZE = 2 ** 14
const LINE_FEED = 0x0a

/** A part of an encrypted bill, as the response lists it. */
export interface EncryptedPart {
  readonly bill_sequence: number
  readonly download_url: string
  readonly encrypt_key: string
  readonly hash_type: 'SHA1'
  readonly hash_value: string
  readonly nonce: string
}

/**
 * Encrypts a bill with AES-256-GCM. Each part has a key of its own, encrypted with the merchant's certificate. A part
 * is compressed first; its hash is that of the uncompressed part.
 */
export async function encryptedParts(
  text: string,
  origin: string,
  isZipped: boolean,
  { downloads, encryptionKey, crypto }: Pick<SimulatorContext, 'downloads' | 'encryptionKey' | 'crypto'>,
): Promise<readonly EncryptedPart[]> {
  const encryptPart = async (part: Bytes, at: number): Promise<EncryptedPart> => {
    const secret = nonce(crypto)
    const iv = nonce(crypto).slice(0, 16)
    const key = await crypto.subtle.importKey('raw', utf8(secret), 'AES-GCM', false, ['encrypt'])
    const plain = isZipped ? await gzip(part) : part
    const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: utf8(iv) }, key, plain)
    return {
      bill_sequence: at + 1,
      download_url: `${origin}/v3/billdownload/file?token=${downloads.add(new Uint8Array(ciphertext))}`,
      encrypt_key: await encrypt(secret, encryptionKey, crypto),
      hash_type: 'SHA1',
      hash_value: await sha1(part, crypto),
      nonce: iv,
    }
  }
  return Promise.all(split(utf8(text)).map(encryptPart))
}

/** Splits a bill at the ends of lines. */
function split(bytes: Bytes): Bytes[] {
  const parts: Bytes[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.length - at <= PART_SIZE ? bytes.length : bytes.lastIndexOf(LINE_FEED, at + PART_SIZE - 1) + 1
    // A line longer than a part becomes a part of its own.
    const next = end > at ? end : bytes.indexOf(LINE_FEED, at) + 1 || bytes.length
    parts.push(concat(bytes.subarray(at, next)))
    at = next
  }
  return parts
}
