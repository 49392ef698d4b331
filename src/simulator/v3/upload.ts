import { equal, sha256 } from '../../core/crypto/digest.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import type { ReceivedPart } from '../http/multipart.ts'
import type { Fields } from './received-request.ts'
import { paramError } from './refusal.ts'

/** The members of `meta` that hold the file's digest. It is SHA-256, unless `meta` names SM3: that one is taken as it is. */
const DIGESTS = ['sha256', 'file_digest', 'digest']

/**
 * An upload has to have its file, and the file the digest that `meta` says.
 *
 * @throws {Refusal} 400 `PARAM_ERROR`
 */
export async function requireFile(
  { upload }: Endpoint,
  meta: Fields,
  parts: readonly ReceivedPart[],
  crypto: Crypto,
): Promise<void> {
  if (!upload) return
  const file = parts.find(({ name }) => name === upload)
  if (!file?.filename)
    throw paramError('参数错误，缺少上传的文件', {
      field: `/${upload}`,
      issue: `part "${upload}" is missing`,
      location: 'body',
    })
  const digest = DIGESTS.find(name => typeof meta[name] === 'string')
  if (digest === undefined || /SM3/.test(String(meta.digest_alogrithm ?? meta.digest_algorithm))) return
  if (!equal(await sha256(file.content, crypto), String(meta[digest]).toLowerCase()))
    throw paramError('文件sha256校验失败', { field: `/${digest}`, issue: 'not the hash of the file', location: 'body' })
}
