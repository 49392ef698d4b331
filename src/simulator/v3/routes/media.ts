import { base64, utf8 } from '../../../core/bytes.ts'
import { equal, sha256 } from '../../../core/crypto/digest.ts'
import type { Field } from '../fields.ts'
import { paramError } from '../refusal.ts'
import type { Route } from '../route.ts'

const META: readonly Field[] = [
  { name: 'filename', label: '文件名称', type: 'string', required: true, pattern: /\.(jpe?g|bmp|png)$/i },
  { name: 'sha256', label: '文件摘要', type: 'string', required: true, pattern: /^[\da-f]{64}$/i },
]

export const media: readonly Route[] = [
  {
    method: 'POST',
    path: '/v3/merchant/media/upload',
    upload: true,
    body: META,
    async handle({ body, parts }, { crypto }) {
      const file = parts.find(({ name }) => name === 'file')
      if (!file?.filename)
        throw paramError('参数错误，缺少上传的文件', {
          field: '/file',
          issue: 'part "file" is missing',
          location: 'body',
        })
      const hash = await sha256(file.content, crypto)
      if (!equal(hash, String(body.sha256).toLowerCase()))
        throw paramError('文件sha256校验失败', {
          field: '/sha256',
          issue: 'not the hash of the file',
          location: 'body',
        })
      // The same picture gets the same id.
      return { status: 200, body: { media_id: base64(utf8(`simulated:${hash}`)) } }
    },
  },
]
