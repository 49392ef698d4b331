import type { SimulatorContext } from '../../context.ts'
import { paramError } from '../refusal.ts'

/** Names of the fields of applyments that hold a media id, or several. */
const MEDIA_FIELD =
  /(_copy|_copy_back|_national|_pics?|_video|_letter|_authorisation|_additions|_certification|_commitment|qr_?code)$|^qualifications$/

/**
 * Requires that each picture and video of a body has been uploaded.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR`, which names the field. No source has its text
 */
export function requireUploadedMedia(body: object, { media }: Pick<SimulatorContext, 'media'>, at = ''): void {
  for (const [name, value] of Object.entries(body)) {
    const field = `${at}/${name}`
    if (MEDIA_FIELD.test(name))
      for (const id of [value].flat())
        if (typeof id === 'string') requireKind(id, name.endsWith('_video') ? 'video' : 'image', field, media)
    if (typeof value === 'object' && value !== null) requireUploadedMedia(value, { media }, field)
  }
}

function requireKind(id: string, kind: 'image' | 'video', field: string, media: SimulatorContext['media']): void {
  const uploaded = media.kindOf(id)
  if (uploaded === kind) return
  throw paramError(`参数错误，${kind === 'image' ? '图片' : '视频'}media_id无效，请重新上传`, {
    field,
    issue: uploaded
      ? `is the media id of a${uploaded === 'image' ? 'n' : ''} ${uploaded}`
      : 'is not the media id of an uploaded file',
    location: 'body',
    value: id,
  })
}
