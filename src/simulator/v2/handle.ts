import { type Bytes, fromUtf8 } from '../../core/bytes.ts'
import { equal, md5 } from '../../core/crypto/digest.ts'
import { Rejection } from '../accounts/rejection.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import { findEndpoint } from '../catalogue/find.ts'
import type { SimulatorContext } from '../context.ts'
import type { SignatureTrace } from '../http/journal.ts'
import { boundaryOf, parseMultipart } from '../http/multipart.ts'
import { BodyTooLarge, readBody } from '../http/request-body.ts'
import { type RequestTarget, splitTarget } from '../http/request-url.ts'
import { nginxResponse, type SimulatedResponse } from '../http/response.ts'
import { decryptParams } from './decrypt.ts'
import { readMessage } from './message.ts'
import { REJECTIONS, ResultRefusal, ReturnRefusal } from './refusal.ts'
import { type Requirements, requirementsOf, requireValid } from './requirements.ts'
import { fileResponse, jsonResponse, returnFailResponse, signedResponse } from './response.ts'
import { sampleReplyV2 } from './sample-reply.ts'
import { isSignType, type Params, type SignType, sign, signString } from './signature.ts'

/**
 * Handles an APIv2 request. Never throws.
 *
 * @param certified whether the request presented the merchant's client certificate
 */
export async function handleV2(
  request: Request,
  url: string,
  certified: boolean,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<SimulatedResponse> {
  try {
    const place = splitTarget(url)
    const endpoint = endpointAt(request.method, place.path)
    if (!endpoint) return nginxResponse(404, 'Not Found')
    if (endpoint.mtls && !certified) return nginxResponse(400, 'Bad Request', 'No required SSL certificate was sent')
    if (endpoint.method !== request.method) throw new ReturnRefusal(`请使用${endpoint.method.toLowerCase()}方法`)
    const received = await read(request, place, endpoint)
    const due = requirementsOf(endpoint)
    const type = await authenticate(received.params, due, context, trace)
    return await reply(received, type, due, context)
  } catch (error) {
    if (error instanceof BodyTooLarge) return error.response
    return returnFailResponse(error instanceof ReturnRefusal ? error.message : '系统错误')
  }
}

/** Finds the endpoint of a path by any method, because a path has only one in APIv2 and the error names it. */
function endpointAt(method: string, path: string): Endpoint | undefined {
  const found = [method, 'POST', 'GET'].map(one => findEndpoint(one, path)).find(match => typeof match === 'object')
  return found?.endpoint.api === 'v2' ? found.endpoint : undefined
}

interface Received {
  readonly params: Params
  readonly query: Params
  /** File of an upload. */
  readonly file?: Bytes | undefined
}

async function read(request: Request, url: RequestTarget, { upload }: Endpoint): Promise<Received> {
  const query = Object.fromEntries(url.query)
  if (request.method === 'GET') return { params: query, query }
  const bytes = await readBody(request)
  if (upload) return { ...readUpload(request.headers.get('content-type') ?? '', bytes, upload), query }
  const params = readMessage(text(bytes))
  if (!params) throw new ReturnRefusal('XML格式错误')
  return { params, query }
}

function readUpload(type: string, bytes: Bytes, upload: string): Omit<Received, 'query'> {
  const parts = parseMultipart(type, bytes)
  if (!parts)
    throw new ReturnRefusal(
      /^multipart\/form-data\b/i.test(type) && boundaryOf(type) === undefined
        ? 'Http头Content-Type缺少boundary'
        : '请使用multipart/form-data格式',
    )
  const others = parts.filter(({ filename }) => filename === undefined)
  const file = parts.find(({ name, filename }) => name === upload && filename !== undefined)
  return { params: Object.fromEntries(others.map(({ name, content }) => [name, text(content)])), file: file?.content }
}

/** Decodes UTF-8; other bytes are no message. */
function text(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}

/**
 * The services of 现金红包 and 付款 ignore `sign_type`, and a service leaves unknown fields out of the signature: merchants
 * that signed it got 签名错误, and WxJava (`getIgnoredParamsForSign`) does not sign it. The simulator accepts both.
 */
const WITHOUT_SIGN_TYPE = /^\/mmpay(?:mkttransfers|sptrans)\//

/** Returns the parameters and digests that a valid signature may cover. */
function signatureCandidates({ path }: Endpoint, params: Params, type: SignType): (readonly [Params, SignType])[] {
  const { sign_type, ...others } = params
  const whole = [params, type] as const
  return sign_type && WITHOUT_SIGN_TYPE.test(path) ? [whole, [others, type], [others, 'MD5']] : [whole]
}

/** @throws {ReturnRefusal} */
async function authenticate(
  params: Params,
  due: Requirements,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<SignType> {
  const { sign_type, sign: given } = params
  const { name, required } = due.merchant
  const type = sign_type || 'MD5'
  if (given) trace.signature = 'invalid'
  trace.signedText = `${signString(params)}&key=***`
  if (params[name] !== context.merchant.mchid && (required || params[name]))
    throw new ReturnRefusal(`${name}参数格式错误`)
  if (!isSignType(type)) throw new ReturnRefusal('sign_type参数格式错误')
  if (!given) throw new ReturnRefusal('缺少参数sign')
  trace.signedBy = type
  for (const [signed, digest] of signatureCandidates(due.endpoint, params, type)) {
    if (!equal(await sign(signed, digest, context), given)) continue
    trace.signedText = `${signString(signed)}&key=***`
    trace.signature = 'valid'
    return type
  }
  throw new ReturnRefusal('签名错误，请检查后再试')
}

async function reply(
  received: Received,
  type: SignType,
  due: Requirements,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  try {
    requireValid(received.params, received.query, due, context)
    requireFile(received, due.endpoint)
    const params = await decryptParams(received.params, due.encrypted, context)
    const result = due.route ? await due.route.handle(params, context) : await sampleReplyV2(due, params, context)
    if (result instanceof URL) return { status: 302, headers: { Location: result.href } }
    if (typeof result === 'string' || result instanceof Uint8Array) return fileResponse(result)
    return due.endpoint.kind === 'json' ? jsonResponse(result) : await signedResponse(result, type, due, context)
  } catch (error) {
    return refuse(wordsOf(error), type, due, context)
  }
}

/** Requires the file of an upload, and the MD5 that the message states. */
function requireFile({ params, file }: Received, { upload }: Endpoint): void {
  if (!upload) return
  if (!file) throw new ResultRefusal('LACK_PARAMS', `缺少参数${upload}`)
  if (!equal(md5(file), (params[`${upload}_hash`] ?? '').toLowerCase()))
    throw new ResultRefusal('PARAM_ERROR', `${upload}_hash参数格式错误`)
}

type Words = readonly [code: string, description: string]

/** Creates the error response in the endpoint's own form. Without a `result_code`, the whole message fails. */
async function refuse(
  [code, description]: Words,
  type: SignType,
  due: Requirements,
  context: SimulatorContext,
): Promise<SimulatedResponse> {
  const { responseFields, endpoint } = due
  if (endpoint.kind === 'json') return { ...jsonResponse({ retcode: -1, retmsg: description }), code }
  const known = responseFields.has('error_code') ? 'error_code' : 'err_code'
  if (endpoint.kind === 'file') return returnFailResponse(description, { error_code: code }, code)
  if (endpoint.kind === 'redirect' || (responseFields.size > 0 && !responseFields.has('result_code')))
    return returnFailResponse(description, {}, code)
  const failed = { result_code: 'FAIL', [known]: code, [`${known}_des`]: description }
  return { ...(await signedResponse(failed, type, due, context)), code }
}

function wordsOf(error: unknown): Words {
  if (error instanceof ResultRefusal) return [error.code, error.message]
  if (error instanceof Rejection) return REJECTIONS[error.reason]
  if (error instanceof ReturnRefusal) throw error
  return ['SYSTEMERROR', '系统错误']
}
