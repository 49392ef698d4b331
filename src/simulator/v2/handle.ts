import type { SimulatorContext } from '../context.ts'
import type { SignatureTrace } from '../http/journal.ts'
import type { RequestTarget } from '../http/request-url.ts'
import { NginxRefusal, type SimulatedResponse } from '../http/response.ts'
import { ReturnRefusal } from './refusal.ts'
import { authenticate } from './request/authenticate.ts'
import { decryptParameters } from './request/decrypt.ts'
import { type ReceivedMessage, receiveMessage } from './request/received-message.ts'
import { type Requirements, requirementsOf } from './request/requirements.ts'
import { requireEndpoint } from './request/router.ts'
import { requireFile } from './request/upload.ts'
import { requireValid } from './request/validate.ts'
import { createRefusalResponse, createResponse, createReturnRefusalResponse } from './response/response.ts'
import { sampleReplyV2 } from './response/sample-reply.ts'
import type { SignType } from './signature.ts'

/**
 * Responds to an APIv2 request. Never throws.
 *
 * @param hasClientCertificate whether the request presented the merchant's client certificate
 */
export async function handleV2(
  request: Request,
  target: RequestTarget,
  hasClientCertificate: boolean,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<SimulatedResponse> {
  try {
    const endpoint = requireEndpoint(request.method, target, hasClientCertificate)
    const requirements = requirementsOf(endpoint)
    const received = await receiveMessage(request, target, requirements)
    const signType = await authenticate(received, requirements, context, trace)
    return await handleAuthenticated(received, signType, requirements, context)
  } catch (error) {
    if (error instanceof NginxRefusal) return error.response
    return createReturnRefusalResponse(error instanceof ReturnRefusal ? error.message : '系统错误')
  }
}

/** Responds to an authenticated request. From here on errors are signed, too. */
async function handleAuthenticated(
  received: ReceivedMessage,
  signType: SignType,
  requirements: Requirements,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  try {
    requireValid(received, requirements, context)
    requireFile(received, requirements)
    const params = await decryptParameters(received, requirements, context)
    const { route } = requirements
    const result = route ? await route.handle(params, context) : await sampleReplyV2(requirements, params, context)
    return await createResponse(result, signType, requirements, context)
  } catch (error) {
    return createRefusalResponse(error, signType, requirements, context)
  }
}
