import type { Bytes } from '../../core/base/bytes.ts'
import { MINUTE } from '../../core/base/time.ts'
import { nonce } from '../../core/crypto/nonce.ts'

/** Files to download, such as bills as they were when their hash was returned. They do not survive a restart. */
export interface Downloads {
  /**
   * @param token default: a random one
   * @returns the token for the download URL
   */
  add(content: Bytes, token?: string): string
  find(token: string): Bytes | undefined
}

/** Documented lifetime of a download URL. */
const LIFETIME = 5 * MINUTE
/** Beyond this number, the oldest files are dropped. */
const MAX_FILES = 100

export function createDownloads(now: () => number, crypto: Crypto): Downloads {
  const files = new Map<string, { content: Bytes; expires: number }>()
  return {
    add(content, token = nonce(crypto)) {
      files.delete(token)
      files.set(token, { content, expires: now() + LIFETIME })
      for (const [oldest, { expires }] of files) {
        if (files.size <= MAX_FILES && now() < expires) break
        files.delete(oldest)
      }
      return token
    },
    find(token) {
      const file = files.get(token)
      return file && now() < file.expires ? file.content : undefined
    },
  }
}

/** Compresses a bill, or another file, as the parameter `tar_type` asks for. */
export async function gzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
