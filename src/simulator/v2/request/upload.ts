import { equal, md5 } from '../../../core/crypto/digest.ts'
import { ResultRefusal } from '../refusal.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Requires the file of an upload, and the MD5 that the message states.
 *
 * @throws {ResultRefusal} `LACK_PARAMS`, `PARAM_ERROR`
 */
export function requireFile({ params, file }: ReceivedMessage, { endpoint: { upload } }: Requirements): void {
  if (!upload) return
  if (!file) throw new ResultRefusal('LACK_PARAMS', `缺少参数${upload}`)
  if (!equal(md5(file), (params[`${upload}_hash`] ?? '').toLowerCase()))
    throw new ResultRefusal('PARAM_ERROR', `${upload}_hash参数格式错误`)
}
