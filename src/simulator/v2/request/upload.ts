import { equal, md5 } from '../../../core/crypto/digest.ts'
import { fileProblemOf } from '../../catalogue/upload.ts'
import { ResultRefusal } from '../refusal.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Requires the file of an upload, the MD5 that the message states, and the documented limits of the file.
 *
 * @throws {ResultRefusal} `LACK_PARAMS`, `PARAM_ERROR`
 */
export function requireFile({ params, file }: ReceivedMessage, { endpoint: { upload } }: Requirements): void {
  if (!upload) return
  const { part } = upload
  if (!file) throw new ResultRefusal('LACK_PARAMS', `缺少参数${part}`)
  if (!equal(md5(file), (params[`${part}_hash`] ?? '').toLowerCase()))
    throw new ResultRefusal('PARAM_ERROR', `${part}_hash参数格式错误`)
  const problem = fileProblemOf(file, upload)
  if (problem) throw new ResultRefusal('PARAM_ERROR', problem.message)
}
