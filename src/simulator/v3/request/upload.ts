import type { Bytes } from '../../../core/base/bytes.ts'
import { equal, sha256 } from '../../../core/crypto/digest.ts'
import type { Endpoint } from '../../catalogue/catalogue.ts'
import type { Rules } from '../../catalogue/rules.ts'
import { fileProblemOf, namePattern, type Upload } from '../../catalogue/upload.ts'
import type { SimulatorContext } from '../../context.ts'
import { paramError } from '../refusal.ts'
import type { RouteInput } from '../route.ts'

/** Members of `meta` that may hold the file's digest, a SHA-256. If `meta` names SM3, the digest is not checked. */
const DIGESTS = ['sha256', 'file_digest', 'digest']

/** Returns the rules of the members of `meta` that name the file. */
export function nameRules(upload: Upload | undefined): Rules {
  const pattern = upload && namePattern(upload)
  return pattern ? { filename: { pattern }, file_name: { pattern } } : {}
}

/**
 * Requires the file of an upload, the digest that `meta` states, and the documented limits of the file.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR`
 */
export async function requireFile(
  { body: meta, parts }: RouteInput,
  { upload }: Endpoint,
  { crypto }: SimulatorContext,
): Promise<void> {
  if (!upload) return
  const { part } = upload
  const field = `/${part}`
  const file = parts.find(({ name }) => name === part)
  if (!file?.filename)
    throw paramError('参数错误，缺少上传的文件', { field, issue: `part "${part}" is missing`, location: 'body' })
  await requireDigest(meta, file.content, crypto)
  const problem = fileProblemOf(file.content, upload)
  if (problem) throw paramError(problem.message, { field, issue: problem.issue, location: 'body' })
}

async function requireDigest(meta: RouteInput['body'], content: Bytes, crypto: Crypto): Promise<void> {
  const digest = DIGESTS.find(name => typeof meta[name] === 'string')
  if (digest === undefined || /SM3/.test(String(meta.digest_alogrithm ?? meta.digest_algorithm))) return
  if (!equal(await sha256(content, crypto), String(meta[digest]).toLowerCase()))
    throw paramError('文件sha256校验失败', { field: `/${digest}`, issue: 'not the hash of the file', location: 'body' })
}
