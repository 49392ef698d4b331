import { fromUtf8 } from '../../core/bytes.ts'
import { equal } from '../../core/crypto/digest.ts'
import { type Answer, nginx } from '../answer.ts'
import type { Trace } from '../journal.ts'
import { Rejection } from '../rejection.ts'
import { type SplitUrl, split } from '../request-url.ts'
import type { World } from '../world.ts'
import { answer, returnFail } from './answer.ts'
import { REJECTIONS, ResultFault, ReturnFault } from './fault.ts'
import { readMessage } from './message.ts'
import { check, type Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { isSignType, type Params, type SignType, sign, signString } from './signature.ts'

/**
 * Answers an APIv2 request. Never throws.
 *
 * @param certified whether the request presented the merchant's client certificate
 */
export async function handleV2(
  request: Request,
  url: string,
  certified: boolean,
  world: World,
  trace: Trace,
): Promise<Answer> {
  try {
    const place = split(url)
    const route = ROUTES.find(({ path }) => path === place.path)
    if (!route) return nginx(404, 'Not Found')
    if (route.mtls && !certified) return nginx(400, 'Bad Request', 'No required SSL certificate was sent')
    if (route.method !== request.method) throw new ReturnFault(`请使用${route.method.toLowerCase()}方法`)
    const params = await read(request, place)
    const type = await authenticate(params, world, trace)
    return await reply(params, type, route, world)
  } catch (error) {
    return returnFail(error instanceof ReturnFault ? error.message : '系统错误')
  }
}

async function read(request: Request, { query }: SplitUrl): Promise<Params> {
  if (request.method === 'GET') return Object.fromEntries(query)
  const params = readMessage(text(new Uint8Array(await request.arrayBuffer())))
  if (!params) throw new ReturnFault('XML格式错误')
  return params
}

/** What is not UTF-8 is no message either. */
function text(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}

/** @throws {ReturnFault} */
async function authenticate(params: Params, world: World, trace: Trace): Promise<SignType> {
  const { mch_id, sign_type, sign: given } = params
  const type = sign_type || 'MD5'
  if (given) trace.signature = 'invalid'
  trace.message = `${signString(params)}&key=***`
  if (mch_id !== world.merchant.mchid) throw new ReturnFault('mch_id参数格式错误')
  if (!isSignType(type)) throw new ReturnFault('sign_type参数格式错误')
  if (!given) throw new ReturnFault('缺少参数sign')
  trace.signedBy = type
  if (!equal(await sign(params, type, world), given)) throw new ReturnFault('签名错误，请检查后再试')
  trace.signature = 'valid'
  return type
}

async function reply(params: Params, type: SignType, route: Route, world: World): Promise<Answer> {
  try {
    check(params, route, world)
    const result = route.handle(params, world)
    if (result instanceof URL) return { status: 302, headers: { Location: result.href } }
    return await answer(result, type, world)
  } catch (error) {
    const [code, description] = words(error)
    const [codeName, descriptionName] = route.errorNames ?? ['err_code', 'err_code_des']
    const fields = { result_code: 'FAIL', [codeName]: code, [descriptionName]: description }
    return { ...(await answer(fields, type, world)), code }
  }
}

function words(error: unknown): readonly [code: string, description: string] {
  if (error instanceof ResultFault) return [error.code, error.message]
  if (error instanceof Rejection) return REJECTIONS[error.reason]
  if (error instanceof ReturnFault) throw error
  return ['SYSTEMERROR', '系统错误']
}
