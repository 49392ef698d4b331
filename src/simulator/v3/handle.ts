import type { SimulatorContext } from '../context.ts'
import type { SignatureTrace } from '../http/journal.ts'
import type { RequestTarget } from '../http/request-url.ts'
import { NginxRefusal, type SimulatedResponse } from '../http/response.ts'
import { authenticate } from './request/authenticate.ts'
import { decryptParameters } from './request/decrypt.ts'
import { readParameters } from './request/parameters.ts'
import { receiveRequest } from './request/received-request.ts'
import { requirementsOf } from './request/requirements.ts'
import { requireEndpoint } from './request/router.ts'
import { requireFile } from './request/upload.ts'
import { requireValid } from './request/validate.ts'
import { createRefusalResponse, createResponse } from './response/response.ts'
import { sampleReplyV3 } from './response/sample-reply.ts'

/** Responds to an APIv3 request. Never throws. */
export async function handleV3(
  request: Request,
  target: RequestTarget,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<SimulatedResponse> {
  const serial = request.headers.get('wechatpay-serial')
  try {
    const received = await receiveRequest(request, target)
    await authenticate(received, context, trace)
    const { endpoint, path } = requireEndpoint(received)
    const requirements = requirementsOf(endpoint)
    const parameters = readParameters(received, path, requirements)
    requireValid(parameters, requirements, context.strict)
    const call = await decryptParameters(parameters, requirements, serial, context)
    await requireFile(call, endpoint, context)
    const { route } = requirements
    const reply = route ? await route.handle(call, context) : await sampleReplyV3(endpoint, call, context)
    return await createResponse(reply, request.headers, context)
  } catch (error) {
    if (error instanceof NginxRefusal) return error.response
    return createRefusalResponse(error, trace.signature === 'valid', request.headers, context)
  }
}
