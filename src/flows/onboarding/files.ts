import type { Sealed } from '../../core/codec/sealed.ts'
import { CallError, type CallOptions, type Wechatpay } from '../../core/index.ts'
import { upload } from '../media/index.ts'

/** The same with a picture or a film in place of a media id, wherever a text stands. */
export type WithFiles<T> = T extends string
  ? string extends T
    ? T | Blob | Uint8Array
    : T
  : T extends Sealed
    ? T
    : T extends object
      ? { [Name in keyof T]: WithFiles<T[Name]> }
      : T

const IMAGE = 'v3/merchant/media/upload'
const VIDEO = 'v3/merchant/media/video_upload'

/**
 * Uploads the pictures and films in a body, one after the other, each once however often it stands there, and puts their
 * media ids in their place.
 *
 * @throws {CallError} `BODY_INVALID`, naming the field whose file is not taken
 */
export async function uploadFiles<T>(wxpay: Wechatpay, body: WithFiles<T>, options: CallOptions = {}): Promise<T> {
  const uploaded = new Map<unknown, Promise<string>>()
  const uploadOnce = (file: Blob | Uint8Array, at: string): Promise<string> => {
    const known = uploaded.get(file)
    if (known) return known
    const made = uploadFile(wxpay, file, at, options)
    uploaded.set(file, made)
    return made
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

/** A list, or an object that is nothing but its members: no `Sealed`. */
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
    // Which of many it is.
    throw new CallError(error.code, at, error.message.slice(`${error.field}: `.length, -1), error)
  }
}
