import type { Api } from '../../definitions/call.ts'
import type { SimulatorContext } from '../context.ts'
import { readBody } from '../http/request-body.ts'
import { nginxResponse, type SimulatedResponse } from '../http/response.ts'
import { readMessage } from '../v2/message.ts'
import { signedResponse } from '../v2/response/response.ts'
import { isSignType } from '../v2/signature.ts'
import { V3Refusal } from '../v3/refusal.ts'
import { createRefusalResponse } from '../v3/response/response.ts'

/** Error codes and messages by status and format: APIv2 is XML. */
const ERRORS = {
  429: {
    json: ['FREQUENCY_LIMITED', '频率限制，请降低请求频率后重试'],
    xml: ['FREQUENCY_LIMITED', '频率限制'],
  },
  500: {
    json: ['SYSTEM_ERROR', '系统异常，请用相同参数重新调用'],
    xml: ['SYSTEMERROR', '接口返回错误'],
  },
} as const

/** Fields that every APIv2 response may have. */
const RESPONSE_FIELDS = new Set(['return_code', 'return_msg', 'appid', 'mch_id', 'nonce_str', 'result_code', 'sign'])

/** Creates the response of a fault of kind `status`. */
export async function errorResponse(
  status: 429 | 500 | 502,
  api: Api,
  request: Request,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  if (status === 502) return nginxResponse(502, 'Bad Gateway')
  const [code, message] = ERRORS[status][api === 'v2' ? 'xml' : 'json']
  if (api !== 'v2') return createRefusalResponse(new V3Refusal(status, code, message), true, request.headers, context)
  const { sign_type = 'MD5', mch_id, mchid } = readMessage(new TextDecoder().decode(await readBody(request))) ?? {}
  const response = await signedResponse(
    { result_code: 'FAIL', err_code: code, err_code_des: message },
    isSignType(sign_type) ? sign_type : 'MD5',
    { responseFields: RESPONSE_FIELDS },
    context.world.contextOf(mch_id ?? mchid) ?? context,
  )
  return { ...response, code }
}
