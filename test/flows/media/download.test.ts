import { beforeAll, describe, expect, it } from 'vitest'
import { CallError, Wechatpay } from '../../../src/core/index.ts'
import { download, upload } from '../../../src/flows/media/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { sample } from './files.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'downloads' })
})

/** A client whose WeChat Pay answers with this; and where it was asked. */
function answering(body: BodyInit, headers: HeadersInit = {}, status = 200) {
  const asked: string[] = []
  const wxpay = new Wechatpay({
    ...simulator.merchant,
    retry: false,
    fetch: async input => {
      asked.push(String(input))
      return new Response(body, { status, headers })
    },
  })
  return { wxpay, asked }
}
const whole = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream).arrayBuffer())

describe('a download', () => {
  it('streams the bytes, and says their type and name', async () => {
    const png = sample('png', 1000)
    const { wxpay, asked } = answering(png, {
      'content-type': 'image/png',
      'content-disposition': 'attachment; filename="a.png"',
    })
    const { stream, ...about } = await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id: 'a/b c' })
    expect([about, await whole(stream)]).toEqual([{ type: 'image/png', filename: 'a.png' }, png])
    expect(asked).toEqual(['https://api.mch.weixin.qq.com/v3/merchant-service/images/a%2Fb%20c'])
  })

  it.each([
    ['', undefined],
    ['inline', undefined],
    ['attachment; filename=plain.pdf', 'plain.pdf'],
    ['attachment; filename="a \\"b\\".pdf"; size=3', 'a "b".pdf'],
    [`attachment; filename="x.pdf"; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf`, '发票.pdf'],
    [`attachment; filename="x.pdf"; filename*=UTF-8''%E5%8F`, 'x.pdf'],
  ])('whose Content-Disposition is %j has the name %j', async (disposition, filename) => {
    const { wxpay } = answering('x', { 'content-disposition': disposition })
    const options = {
      params: { token: '1', mchid: '1', openid: 'o1', invoice_code: '1', invoice_no: '1', fapiao_id: '1' },
    }
    expect((await download(wxpay, 'v3/new-tax-control-fapiao/download', options)).filename).toBe(filename)
  })

  it('by the URL that an answer names asks WeChat Pay, whatever its host, for its path and query', async () => {
    const { wxpay, asked } = answering('x')
    await download(wxpay, 'https://api.mch.weixin.qq.com/v3/merchant-service/images/xxx%2F1')
    await download(wxpay, 'https://elsewhere.example/v3/billdownload/file?token=a%2Bb%20c')
    expect(asked).toEqual([
      'https://api.mch.weixin.qq.com/v3/merchant-service/images/xxx%2F1',
      'https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Bb%20c',
    ])
  })

  it.each(['https://example.com/', 'https://api.mch.weixin.qq.com/v3/certificates', 'https://'] as const)(
    'of %s, which is no file of WeChat Pay’s, is refused before anything is sent',
    async url => {
      const { wxpay, asked } = answering('x')
      await expect(download(wxpay, url)).rejects.toThrow(CallError)
      expect(asked).toEqual([])
    },
  )

  it('that WeChat Pay refuses is its ServiceError', async () => {
    const { wxpay } = answering('{"code":"RESOURCE_NOT_EXISTS","message":"图片不存在"}', {}, 404)
    const options = { media_id: '1' }
    await expect(download(wxpay, 'v3/merchant-service/images/{media_id}', options)).rejects.toMatchObject({
      serviceCode: 'RESOURCE_NOT_EXISTS',
    })
  })

  it('of the simulator’s is read to its end', async () => {
    const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
    const picture = sample('png')
    const { data } = await upload(wxpay, 'v3/merchant-service/images/upload', new File([picture], 'a.png'))
    const { media_id } = data
    const { stream, type } = await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id })
    expect([await whole(stream), type]).toEqual([picture, 'application/octet-stream'])
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', status: 200 })
  })
})
