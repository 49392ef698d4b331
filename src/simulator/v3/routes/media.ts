import { type Bytes, base64, utf8 } from '../../../core/base/bytes.ts'
import type { MediaKind } from '../../accounts/applyments/uploaded-media.ts'
import type { SimulatorContext } from '../../context.ts'
import type { Route, RouteResult } from '../route.ts'

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

const UPLOADS: readonly [endpoint: Route['endpoint'], bodyOf: (hash: string) => object, keep?: Keep][] = [
  ['POST /v3/merchant/media/upload', mediaId, keepForApplyments('image')],
  ['POST /v3/merchant/media/video_upload', mediaId, keepForApplyments('video')],
  ['POST /v3/merchant-service/images/upload', mediaId, keepComplaintImage],
  ['POST /v3/marketing/favor/media/image-upload', mediaUrl],
  ['POST /v3/marketing/partner/product-coupon/media/upload-image', imageUrl],
]

/** Uploads whose file has been checked against the definition. */
export const mediaRoutes: readonly Route[] = UPLOADS.map(
  ([endpoint, bodyOf, keep]): Route => ({
    endpoint,
    rules: { sha256: { pattern: /^[\da-f]{64}$/i } },
    handle({ body, parts }, context): RouteResult {
      const { content } = parts.find(({ name }) => name === 'file')!
      const hash = String(body.sha256).toLowerCase()
      keep?.(hash, content, context)
      return { status: 200, body: bodyOf(hash) }
    },
  }),
)
