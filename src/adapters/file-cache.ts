import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import type { CertificateCache } from '../core/index.ts'
import { MAX_CERTIFICATE_AGE } from '../core/options.ts'

/**
 * Keeps platform certificates (平台证书) in a file, for 11 hours; for the option `certificateCache`. They stay sealed with
 * the APIv3 key. A file that cannot be written is a warning of the process, and the certificates are fetched each time.
 *
 * @param path of the file: one a merchant
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
      const draft = `${path}.${process.pid}.tmp`
      try {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(draft, text)
        // Whoever reads meanwhile reads the one or the other, whole.
        await rename(draft, path)
      } catch (error) {
        process.emitWarning(
          `Platform certificates cannot be kept in ${path} (${(error as Error).message}). Give another path, or leave to write there.`,
          'WechatpayWarning',
        )
      }
    },
  }
}
