import type { SimulatorContext } from '../context.ts'
import type { RequestTrace } from '../http/journal.ts'
import type { RequestTarget } from '../http/request-url.ts'
import { NginxRefusal, type SimulatedResponse } from '../http/response.ts'
import { V3Refusal } from './refusal.ts'
import { authenticate } from './request/authenticate.ts'
import { decryptParameters, requirePublicKeyId } from './request/decrypt.ts'
import { readParameters } from './request/parameters.ts'
import { receiveRequest } from './request/received-request.ts'
import { requirementsOf } from './request/requirements.ts'
import { requireEndpoint } from './request/router.ts'
import { requireBound } from './request/sub-merchant.ts'
import { requireFile } from './request/upload.ts'
import { requireValid } from './request/validate.ts'
import { createRefusalResponse, createResponse } from './response/response.ts'
import { sampleReplyV3 } from './response/sample-reply.ts'

/**
 * Responds to a request of the brand API (品牌 API), which is APIv3 with the keys of the brand; it requires `Wechatpay-Serial` always.
 * Never throws.
 *
 * @param context with the keys of the brand in place of the merchant's
 * @see https://pay.weixin.qq.com/doc/brand/4015407523
 */
export async function handleBrand(
  request: Request,
  target: RequestTarget,
  context: SimulatorContext,
  trace: RequestTrace,
): Promise<SimulatedResponse> {
  const { brandKeys } = context
  if (brandKeys) return handleV3(request, target, context, trace)
  const refusal = new V3Refusal(401, 'SIGN_ERROR', '品牌不存在', {
    field: 'brand_id',
    issue: 'the simulator has no brand; create it with the option brandId',
    location: 'authorization',
  })
  return createRefusalResponse(refusal, false, request.headers, context)
}

/** Responds to an APIv3 request. Never throws. */
export async function handleV3(
  request: Request,
  target: RequestTarget,
  context: SimulatorContext,
  trace: RequestTrace,
): Promise<SimulatedResponse> {
  const serial = request.headers.get('wechatpay-serial')
  try {
    const received = await receiveRequest(request, target, trace)
    await authenticate(received, context, trace)
    if (context.signer.api === 'brand') requirePublicKeyId(serial, context)
    const { endpoint, path } = requireEndpoint(received)
    const requirements = requirementsOf(endpoint)
    const parameters = readParameters(received, path, requirements)
    requireValid(parameters, requirements, context.strict)
    requireBound(parameters, context)
    const input = await decryptParameters(parameters, requirements, serial, context)
    await requireFile(input, endpoint, context)
    const { route } = requirements
    const result = route
      ? await context.state.recordChanges(trace.changes, () => route.handle(input, context))
      : await sampleReplyV3(endpoint, input, context)
    return await createResponse(result, request.headers, context)
  } catch (error) {
    if (error instanceof NginxRefusal) return error.response
    return createRefusalResponse(error, trace.signature === 'valid', request.headers, context)
  }
}
