import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import type { CertificateCache } from '../core/index.ts'
import { MAX_CERTIFICATE_AGE } from '../core/options/options.ts'
import { DRAFT, replaceAtomically } from './replace-atomically.ts'

/**
 * Caches platform certificates (平台证书) in a file for 11 hours, for the option `certificateCache`. They remain encrypted
 * with the APIv3 key. If the file cannot be written, the process emits a warning and downloads the certificates each
 * time.
 *
 * @param path path of the file, which must differ between merchants
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...options, certificateCache: fileCache('.cache/wechatpay-certificates.json') })
 * ```
 */
export function fileCache(path: string): CertificateCache {
  return {
    async get() {
      const { mtimeMs } = await stat(path)
      return Date.now() - mtimeMs < MAX_CERTIFICATE_AGE ? readFile(path, 'utf8') : undefined
    },
    async set(text) {
      try {
        await mkdir(dirname(path), { recursive: true })
        await replaceAtomically(path, draft => writeFile(draft, text, DRAFT))
      } catch (error) {
        process.emitWarning(
          `Platform certificates cannot be cached in ${path} (${(error as Error).message}). Give another path, or permission to write there.`,
          'WechatpayWarning',
        )
      }
    },
  }
}
