import type { World } from '../context.ts'
import { readBody } from '../http/request-body.ts'
import { type Answer, nginx } from '../http/response.ts'
import { readMessage } from '../v2/message.ts'
import { answer } from '../v2/response.ts'
import { isSignType } from '../v2/signature.ts'
import { Refusal } from '../v3/refusal.ts'
import { refuse } from '../v3/response.ts'

/** v3's words, v2's words. */
const WORDS = {
  429: [
    ['FREQUENCY_LIMITED', '频率限制，请降低请求频率后重试'],
    ['FREQUENCY_LIMITED', '频率限制'],
  ],
  500: [
    ['SYSTEM_ERROR', '系统异常，请用相同参数重新调用'],
    ['SYSTEMERROR', '接口返回错误'],
  ],
} as const

/** Of what stands in every answer of APIv2's, all. */
const ANSWERED = new Set(['return_code', 'return_msg', 'appid', 'mch_id', 'nonce_str', 'result_code', 'sign'])

/** What is answered instead of what the request asked for. */
export async function instead(
  status: 429 | 500 | 502,
  api: 'v3' | 'v2',
  request: Request,
  world: World,
): Promise<Answer> {
  if (status === 502) return nginx(502, 'Bad Gateway')
  const [[v3Code, v3Message], [v2Code, v2Message]] = WORDS[status]
  if (api === 'v3')
    return refuse(new Refusal(status, v3Code, v3Message), true, request.headers.get('wechatpay-serial'), world)
  const { sign_type = 'MD5' } = readMessage(new TextDecoder().decode(await readBody(request))) ?? {}
  const fields = { result_code: 'FAIL', err_code: v2Code, err_code_des: v2Message }
  return {
    ...(await answer(fields, isSignType(sign_type) ? sign_type : 'MD5', { answered: ANSWERED }, world)),
    code: v2Code,
  }
}
