import type { SignType } from '../../definitions/trait.ts'
import type { SimulatorContext } from '../context.ts'
import type { RequestTrace } from '../http/journal.ts'
import type { RequestTarget } from '../http/request-url.ts'
import { NginxRefusal, type SimulatedResponse } from '../http/response.ts'
import { ReturnRefusal } from './refusal.ts'
import { authenticate } from './request/authenticate.ts'
import { decryptParameters } from './request/decrypt.ts'
import { type ReceivedMessage, receiveMessage } from './request/received-message.ts'
import { type Requirements, requirementsOf } from './request/requirements.ts'
import { requireEndpoint } from './request/router.ts'
import { requireBound } from './request/sub-merchant.ts'
import { requireFile } from './request/upload.ts'
import { requireValid } from './request/validate.ts'
import { createRefusalResponse, createResponse, createReturnRefusalResponse } from './response/response.ts'
import { sampleReplyV2 } from './response/sample-reply.ts'

/**
 * Responds to an APIv2 request. Never throws.
 *
 * @param certificateOwner merchant whose client certificate the request presented
 * @param firstContext context of the first merchant, for messages that name none that there is
 */
export async function handleV2(
  request: Request,
  target: RequestTarget,
  certificateOwner: string | undefined,
  firstContext: SimulatorContext,
  trace: RequestTrace,
): Promise<SimulatedResponse> {
  try {
    const endpoint = requireEndpoint(request.method, target, certificateOwner !== undefined)
    const requirements = requirementsOf(endpoint)
    const received = await receiveMessage(request, target, requirements, trace)
    const context = firstContext.world.contextOf(received.params[requirements.merchant.name]) ?? firstContext
    trace.mchid = context.merchant.mchid
    const signType = await authenticate(received, requirements, context, trace)
    requireOwnCertificate(requirements, certificateOwner, context)
    return await handleAuthenticated(received, signType, requirements, context, trace)
  } catch (error) {
    if (error instanceof NginxRefusal) return error.response
    return createReturnRefusalResponse(error instanceof ReturnRefusal ? error.message : '系统错误')
  }
}

/** @throws {ReturnRefusal} the client certificate is that of another merchant */
function requireOwnCertificate(
  { endpoint }: Requirements,
  certificateOwner: string | undefined,
  { merchant }: SimulatorContext,
): void {
  if (endpoint.mtls && certificateOwner !== merchant.mchid)
    throw new ReturnRefusal('商户号与API证书不一致，请使用该商户号的API证书')
}

/** Responds to an authenticated request. From here on errors are signed, too. */
async function handleAuthenticated(
  received: ReceivedMessage,
  signType: SignType,
  requirements: Requirements,
  context: SimulatorContext,
  trace: RequestTrace,
): Promise<SimulatedResponse> {
  try {
    requireValid(received, requirements, context)
    requireFile(received, requirements)
    requireBound([received.params.sub_mch_id, received.params.sub_mchid], context)
    const params = await decryptParameters(received, requirements, context)
    const { route } = requirements
    const result = route
      ? await context.state.recordChanges(trace.changes, () => route.handle(params, context, received.origin))
      : await sampleReplyV2(requirements, params, context)
    return await createResponse(result, signType, requirements, context)
  } catch (error) {
    return createRefusalResponse(error, signType, requirements, context)
  }
}
