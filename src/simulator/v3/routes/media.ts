import { type Bytes, base64, utf8 } from '../../../core/base/bytes.ts'
import type { MediaKind } from '../../accounts/applyments/uploaded-media.ts'
import type { SimulatorContext } from '../../context.ts'
import { paramError } from '../refusal.ts'
import type { Route, RouteInput, RouteResult } from '../route.ts'

/** A kind of file that can be uploaded. */
interface FileKind {
  readonly name: string
  readonly extensions: readonly string[]
  /** First bytes of its formats. */
  readonly signatures?: readonly (readonly number[])[]
  /** Bytes. */
  readonly maxBytes: number
}

const MEGABYTE = 1024 * 1024
const IMAGE: FileKind = {
  name: '图片',
  extensions: ['jpg', 'jpeg', 'bmp', 'png'],
  signatures: [
    [0xff, 0xd8, 0xff],
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    [0x42, 0x4d],
  ],
  maxBytes: 2 * MEGABYTE,
}
const VIDEO: FileKind = {
  name: '视频',
  extensions: ['avi', 'wmv', 'mpeg', 'mp4', 'mov', 'mkv', 'flv', 'f4v', 'm4v', 'rmvb'],
  maxBytes: 5 * MEGABYTE,
}

/** Derives the id from the hash, so that the same file always has the same id. */
const mediaId = (hash: string) => ({ media_id: base64(utf8(`simulated:${hash}`)) })
const mediaUrl = (hash: string) => ({ media_url: `https://qpic.cn/${hash.slice(0, 32)}` })
const imageUrl = (hash: string) => ({ ...mediaUrl(hash), image_url: mediaUrl(hash).media_url })

/** Keeps a file, so that it can be downloaded again. */
type Keep = (hash: string, content: Bytes, context: SimulatorContext) => void
const keepComplaintImage: Keep = (hash, content, { complaints }) =>
  complaints.images.save(mediaId(hash).media_id, content)

const keepForApplyments =
  (kind: MediaKind): Keep =>
  (hash, _, { media }) =>
    media.add(mediaId(hash).media_id, kind)

const UPLOADS: readonly [endpoint: Route['endpoint'], kind: FileKind, bodyOf: (hash: string) => object, keep?: Keep][] =
  [
    ['POST /v3/merchant/media/upload', IMAGE, mediaId, keepForApplyments('image')],
    ['POST /v3/merchant/media/video_upload', VIDEO, mediaId, keepForApplyments('video')],
    ['POST /v3/merchant-service/images/upload', IMAGE, mediaId, keepComplaintImage],
    ['POST /v3/marketing/favor/media/image-upload', IMAGE, mediaUrl],
    ['POST /v3/marketing/partner/product-coupon/media/upload-image', IMAGE, imageUrl],
  ]

export const mediaRoutes: readonly Route[] = UPLOADS.map(
  ([endpoint, kind, bodyOf, keep]): Route => ({
    endpoint,
    rules: {
      filename: { pattern: new RegExp(`\\.(${kind.extensions.join('|')})$`, 'i') },
      sha256: { pattern: /^[\da-f]{64}$/i },
    },
    handle({ body, parts }, context): RouteResult {
      const content = requireFileOfKind(parts, kind)
      const hash = String(body.sha256).toLowerCase()
      keep?.(hash, content, context)
      return { status: 200, body: bodyOf(hash) }
    },
  }),
)

/**
 * Returns the file of an upload.
 *
 * @throws {V3Refusal} with the documented messages
 */
function requireFileOfKind(parts: RouteInput['parts'], kind: FileKind): Bytes {
  const { content } = parts.find(({ name }) => name === 'file')!
  if (content.length === 0) throw refusal('文件为空，请检查后重新提交', 'empty')
  if (content.length > kind.maxBytes)
    throw refusal(
      `文件大小不能超过${kind.maxBytes / MEGABYTE}M，请检查后重新提交`,
      `larger than ${kind.maxBytes / MEGABYTE} MB`,
    )
  if (kind.signatures?.every(signature => !startsWith(content, signature)))
    throw refusal(`文件二进制内容不是${kind.name}，请检查后重新提交`, 'its first bytes are those of no accepted format')
  return content
}

const startsWith = (content: Bytes, signature: readonly number[]): boolean =>
  signature.every((byte, at) => content[at] === byte)

const refusal = (message: string, issue: string) => paramError(message, { field: '/file', issue, location: 'body' })
