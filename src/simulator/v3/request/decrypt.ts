import { decrypt } from '../../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../../context.ts'
import { type Location, paramError, type V3Refusal } from '../refusal.ts'
import type { Fields, RouteInput } from '../route.ts'
import type { ReceivedParameters } from './parameters.ts'
import type { Requirements } from './requirements.ts'

/**
 * Decrypts the encrypted fields of a request (敏感信息加密).
 *
 * @param serial `Wechatpay-Serial` of the request, which names the key that the fields are encrypted with
 * @throws {V3Refusal} 400 `PARAM_ERROR`
 */
export async function decryptParameters(
  parameters: ReceivedParameters,
  { encrypted }: Requirements,
  serial: string | null,
  context: SimulatorContext,
): Promise<RouteInput> {
  const { headers: _, ...input } = parameters
  return {
    ...input,
    query: await decryptFields(input.query, encrypted.query, 'query', serial, context),
    body: await decryptFields(input.body, encrypted.body, 'body', serial, context),
  }
}

/**
 * Requires that a request of the brand API names WeChat Pay's public key (微信支付公钥), whether anything is encrypted or not.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR`
 */
export function requirePublicKeyId(serial: string | null, { platform }: SimulatorContext): void {
  if (serial !== null && platform.find(serial)) return
  throw unknownKey(serial === null ? 'required' : 'no key of the platform has this id')
}

const unknownKey = (issue: string): V3Refusal =>
  paramError('平台证书序列号Wechatpay-Serial错误', { field: 'Wechatpay-Serial', issue, location: 'header' })

/** @param paths dotted; in a list on the way, each member is decrypted */
async function decryptFields<T extends Fields>(
  values: T,
  paths: readonly string[],
  location: Location,
  serial: string | null,
  context: SimulatorContext,
): Promise<T> {
  let decrypted: unknown = values
  for (const path of paths)
    decrypted = await replaceAt(decrypted, path.split('.'), '', (text, pointer) =>
      text === '' ? text : decryptText(text, serial, location === 'body' ? pointer : path, location, context),
    )
  return decrypted as T
}

type Replace = (text: string, pointer: string) => string | Promise<string>

/**
 * Returns a copy of a node in which the text at a path is replaced. Unlike `replaceFields`, it passes on the JSON pointer of
 * each text, for the error.
 */
async function replaceAt(node: unknown, path: readonly string[], pointer: string, replace: Replace): Promise<unknown> {
  if (Array.isArray(node))
    return Promise.all(node.map((member, at) => replaceAt(member, path, `${pointer}/${at}`, replace)))
  const [name, ...rest] = path
  if (name === undefined) return typeof node === 'string' ? replace(node, pointer) : node
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return node
  const value = (node as Fields)[name]
  return { ...node, [name]: await replaceAt(value, rest, `${pointer}/${name}`, replace) }
}

async function decryptText(
  ciphertext: string,
  serial: string | null,
  field: string,
  location: Location,
  { platform, crypto }: SimulatorContext,
): Promise<string> {
  const key = serial === null ? undefined : platform.find(serial)
  if (!key)
    throw unknownKey(serial === null ? 'required when a field is encrypted' : 'no key of the platform has this id')
  try {
    return await decrypt(ciphertext, key.private, crypto)
  } catch {
    throw paramError('敏感信息解密失败，请使用Wechatpay-Serial对应的公钥加密', {
      field,
      issue: 'cannot be decrypted',
      location,
    })
  }
}
