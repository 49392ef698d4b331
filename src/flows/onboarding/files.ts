import type { EncryptedField } from '../../core/codec/encrypted.ts'
import { CallError, type CallOptions, type Wechatpay } from '../../core/index.ts'
import { upload } from '../media/index.ts'

/** The type `T` with a file accepted in place of each media id, that is, wherever it has a `string`. */
export type WithFiles<T> = T extends string
  ? string extends T
    ? T | Blob | Uint8Array
    : T
  : T extends EncryptedField
    ? T
    : T extends object
      ? { [Name in keyof T]: WithFiles<T[Name]> }
      : T

const IMAGE = 'v3/merchant/media/upload'
const VIDEO = 'v3/merchant/media/video_upload'

/**
 * Uploads the files in a body one after the other and replaces them by their media ids. A file that occurs several
 * times is uploaded once.
 *
 * @param wxpay the client
 * @param body a body with `Blob`s or bytes in place of media ids; fields whose name ends with `video` are videos
 * @param options options of the uploads
 * @returns a copy of the body
 * @throws {CallError} `BODY_INVALID`: a file is not accepted; names its field
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012760432
 * @example
 * ```ts
 * const body = await uploadFiles(wxpay, { license_copy: new File([jpg], 'licence.jpg') })
 * ```
 */
export async function uploadFiles<T>(wxpay: Wechatpay, body: WithFiles<T>, options: CallOptions = {}): Promise<T> {
  const uploaded = new Map<unknown, Promise<string>>()
  const uploadOnce = (file: Blob | Uint8Array, at: string): Promise<string> => {
    const earlier = uploaded.get(file)
    if (earlier) return earlier
    const mediaId = uploadFile(wxpay, file, at, options)
    uploaded.set(file, mediaId)
    return mediaId
  }
  async function withMediaIds(value: unknown, at: string): Promise<unknown> {
    if (value instanceof Blob || value instanceof Uint8Array) return uploadOnce(value, at)
    if (!isPlain(value)) return value
    const entries: [string, unknown][] = []
    for (const [name, member] of Object.entries(value))
      entries.push([name, await withMediaIds(member, at ? `${at}.${name}` : name)])
    return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries)
  }
  return (await withMediaIds(body, '')) as T
}

/** Returns whether a value is an array or a plain object, which excludes instances of classes such as `EncryptedField`. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

async function uploadFile(wxpay: Wechatpay, file: Blob | Uint8Array, at: string, options: CallOptions) {
  try {
    const { data } = await upload(wxpay, at.endsWith('video') ? VIDEO : IMAGE, file, options)
    return data.media_id
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    // Names the field of the body instead of that of the upload.
    throw new CallError(error.code, at, error.message.slice(`${error.field}: `.length, -1), error)
  }
}
