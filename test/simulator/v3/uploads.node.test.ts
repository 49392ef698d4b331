import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import type { FileKind } from '../../../src/flows/media/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { sample } from '../../flows/media/files.ts'
import { type DefinedUpload, optionsOf, uploads } from '../../flows/media/uploads.node.ts'
import { createTestMerchant, refusalOf } from '../test-merchant.ts'

const { wxpay } = await createTestMerchant()
const MEGABYTE = 1024 * 1024
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const bytes = (start: readonly number[], size = 100) => {
  const made = new Uint8Array(size)
  made.set(start)
  return made
}
const png = (size?: number) => bytes(PNG, size)
const upload = async (path: string, file: Uint8Array, filename = 'a.png') =>
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  (await wxpay.request('POST', `v3/${path}`, { body: { file, meta: { filename } } })).data as any
const IMAGE = 'merchant/media/upload'
const VIDEO = 'merchant/media/video_upload'

describe('an upload', () => {
  it('has one id for one content, whatever its name', async () => {
    const { media_id } = await upload(IMAGE, png())
    expect(media_id).toMatch(/^[\w+/=-]{20,}$/)
    expect(await upload(IMAGE, png(), 'b.PNG')).toEqual({ media_id })
    expect(await upload(IMAGE, png(101))).not.toEqual({ media_id })
    expect(await upload('merchant-service/images/upload', png())).toEqual({ media_id })
  })

  it('has a URL if the product requires one', async () => {
    expect(await upload('marketing/favor/media/image-upload', png())).toEqual({
      media_url: expect.stringMatching(/^https:/),
    })
    expect(await upload('marketing/partner/product-coupon/media/upload-image', png())).toHaveProperty('image_url')
  })

  it.each([
    ['jpg', [0xff, 0xd8, 0xff, 0xe0]],
    ['jpeg', [0xff, 0xd8, 0xff, 0xe1]],
    ['bmp', [0x42, 0x4d]],
    ['png', PNG],
  ])('of a picture: %s', async (ending, start) => {
    expect(await upload(IMAGE, bytes(start), `a.${ending}`)).toHaveProperty('media_id')
  })

  it('accepts a film', async () => {
    expect(await upload(VIDEO, bytes([]), 'a.mp4')).toHaveProperty('media_id')
  })

  it.each([
    ['an empty file', IMAGE, new Uint8Array(), 'a.png', '文件为空'],
    ['no picture', IMAGE, bytes([]), 'a.png', '文件二进制内容不是图片'],
    ['a picture above 2 MB', IMAGE, png(2 * MEGABYTE + 1), 'a.png', '文件大小不能超过2M'],
    ['a film above 5 MB', VIDEO, bytes([], 5 * MEGABYTE + 1), 'a.mp4', '文件大小不能超过5M'],
    ['a film as a picture', IMAGE, png(), 'a.mp4', ''],
    ['a picture as a film', VIDEO, png(), 'a.png', ''],
  ])('of %s is refused', async (_, path, file, name, words) => {
    const sent = upload(path, file, name)
    await expect(sent).rejects.toMatchObject({ serviceMessage: expect.stringContaining(words) })
    expect(await refusalOf(sent)).toEqual([400, 'PARAM_ERROR'])
  })

  it('may be as large as documented', async () => {
    expect(await upload(IMAGE, png(2 * MEGABYTE))).toHaveProperty('media_id')
    expect(await upload(VIDEO, bytes([], 5 * MEGABYTE), 'a.avi')).toHaveProperty('media_id')
  })
})

describe('each of the uploads', async () => {
  const { merchant, brand, fetch, mtlsFetch } = await createSimulator({ seed: 'limits of uploads', brandId: '40001' })
  const client = new Wechatpay({ ...merchant, brand: brand!, fetch, mtlsFetch })
  const send = async ({ path, part }: DefinedUpload, content: Uint8Array<ArrayBuffer>, name: string) => {
    const { meta, ...options } = optionsOf(path, merchant.mchid)
    // The client adds no SM3, which the simulator does not check.
    const invoice = /fapiao/.test(path)
      ? { file_type: 'PDF', digest_alogrithm: 'SM3', digest: 'd' }
      : /taxi/.test(path) && { digest_algorithm: 'DIGEST_ALGORITHM_SM3', digest: 'd' }
    const members = { ...invoice, ...meta }
    const file = new File([content], name)
    return client
      .chain(path as string)
      .post(path.startsWith('v2/') ? { [part]: file, ...members } : { [part]: file, meta: members }, options)
  }
  const refusal = (words: string) =>
    expect.objectContaining({ serviceCode: 'PARAM_ERROR', serviceMessage: expect.stringContaining(words) })
  const limited = uploads.filter(({ maxBytes, isOneSource }) => maxBytes && !isOneSource)

  it.each(limited)('$path refuses an empty file, and one byte more than documented', async definition => {
    const { maxBytes = 0, kinds } = definition
    const kind = kinds![0] as FileKind
    await expect(send(definition, sample(kind, maxBytes + 1), `a.${kind}`)).rejects.toEqual(refusal('文件大小不能超过'))
    await expect(send(definition, new Uint8Array(), `a.${kind}`)).rejects.toEqual(refusal('文件为空'))
  })

  const isText = ({ kinds = [] }: DefinedUpload) => kinds.includes('txt')
  const isVideo = ({ kinds = [] }: DefinedUpload) => kinds.includes('mp4')
  it.each(limited.filter(definition => !isText(definition) && !isVideo(definition)))(
    '$path accepts each documented kind, and refuses other content',
    async definition => {
      const kinds = definition.kinds as readonly FileKind[]
      for (const kind of kinds) expect((await send(definition, sample(kind), `a.${kind}`)).status).toBe(200)
      await expect(send(definition, sample('mp4'), `a.${kinds[0]}`)).rejects.toEqual(refusal('文件二进制内容不是'))
    },
  )

  it.each(limited.filter(definition => definition.isNamed && !isText(definition)))(
    '$path refuses the name of another kind',
    async definition => {
      const kind = definition.kinds![0] as FileKind
      await expect(send(definition, sample(kind), 'a.gif')).rejects.toEqual(refusal('必须匹配正则表达式'))
    },
  )

  it.each(uploads.filter(definition => !limited.includes(definition)))(
    '$path, whose limits no official page states, accepts any file',
    async definition => {
      expect((await send(definition, new Uint8Array(6 * MEGABYTE).fill(7), 'a.gif')).status).toBe(200)
    },
  )

  it('accepts text of any name where text is documented', async () => {
    const tasks = uploads.find(isText)!
    expect((await send(tasks, sample('csv'), 'active users')).status).toBe(200)
  })
})
