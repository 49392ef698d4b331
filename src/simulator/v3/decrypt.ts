import { open } from '../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../context.ts'
import type { Fields } from './received-request.ts'
import { type Location, paramError } from './refusal.ts'

/**
 * Opens the fields that the merchant sealed (敏感信息加密). The request names by `Wechatpay-Serial` the key that it
 * sealed them for.
 *
 * @param paths dotted; a list on the way is walked through
 * @throws {Refusal} 400 `PARAM_ERROR`
 */
export async function decryptFields<T extends Fields>(
  values: T,
  paths: readonly string[],
  location: Location,
  headers: Headers,
  context: SimulatorContext,
): Promise<T> {
  const serial = headers.get('wechatpay-serial')
  let opened: unknown = values
  for (const path of paths)
    opened = await replaceAt(opened, path.split('.'), '', (text, pointer) => {
      if (text === '') return text
      return decryptText(text, serial, { field: location === 'body' ? pointer : path, location }, context)
    })
  return opened as T
}

type Replace = (text: string, pointer: string) => string | Promise<string>

/** The node with what lies on the path replaced; the request itself stays as it is. */
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
  sealed: string,
  serial: string | null,
  place: { field: string; location: Location },
  { platform, crypto }: SimulatorContext,
): Promise<string> {
  const key = serial === null ? undefined : platform.find(serial)
  if (!key)
    throw paramError('平台证书序列号Wechatpay-Serial错误', {
      field: 'Wechatpay-Serial',
      issue: serial === null ? 'required when a field is sealed' : 'no key of the platform has this id',
      location: 'header',
    })
  try {
    return await open(sealed, key.private, crypto)
  } catch {
    throw paramError('敏感信息解密失败，请使用Wechatpay-Serial对应的公钥加密', {
      ...place,
      issue: 'cannot be decrypted',
    })
  }
}
