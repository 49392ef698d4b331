import { equal, sha256 } from '../../../core/crypto/digest.ts'
import type { Endpoint } from '../../catalogue/catalogue.ts'
import type { SimulatorContext } from '../../context.ts'
import { paramError } from '../refusal.ts'
import type { RouteInput } from '../route.ts'

/** Members of `meta` that may hold the file's digest, a SHA-256. If `meta` names SM3, the digest is not checked. */
const DIGESTS = ['sha256', 'file_digest', 'digest']

/**
 * Requires the file of an upload, and the digest that `meta` states.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR`
 */
export async function requireFile(
  { body: meta, parts }: RouteInput,
  { upload }: Endpoint,
  { crypto }: SimulatorContext,
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
