import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { CallError, Wechatpay } from '../../../src/core/index.ts'
import { type Uploadable, type UploadOptions, type UploadPath, upload } from '../../../src/flows/media/index.ts'
import { sm3 } from '../../../src/flows/media/sm3.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { FILMS, IMAGES, MEGABYTE, sample } from './files.ts'

const IMAGE = 'v3/merchant/media/upload'
const VIDEO = 'v3/merchant/media/video_upload'
const FAPIAO = 'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file'

let simulator: Simulator
let wxpay: Wechatpay
/** The forms that were sent. */
const sent: FormData[] = []
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'uploads' })
  const recording =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const request = new Request(input, init)
      if (request.method === 'POST') sent.push(await request.clone().formData())
      return send(request)
    }
  wxpay = new Wechatpay({
    ...simulator.merchant,
    fetch: recording(simulator.fetch),
    mtlsFetch: recording(simulator.mtlsFetch),
    retry: false,
  })
})

const last = async (field = 'file') => {
  const form = sent.at(-1)!
  const file = form.get(field) as File
  const meta = form.get('meta')
  return { file, bytes: new Uint8Array(await file.arrayBuffer()), meta: meta && JSON.parse(String(meta)), form }
}
const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/** A stream in chunks of these lengths, the rest in one. */
function streamOf(bytes: Uint8Array, lengths: readonly number[] = []) {
  const queue = [...lengths, bytes.length]
  let at = 0
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const length = Math.max(1, queue.shift() ?? bytes.length)
      controller.enqueue(bytes.subarray(at, at + length))
      at += length
    },
  })
}

/** Returns the error of a refused upload, and expects that nothing was sent. */
async function refusal(uploaded: Promise<unknown>): Promise<CallError> {
  const before = sent.length
  const error = await uploaded.then(
    () => undefined,
    cause => cause,
  )
  expect(error).toBeInstanceOf(CallError)
  expect(error).toMatchObject({ code: 'BODY_INVALID' })
  expect(sent).toHaveLength(before)
  return error
}

describe('an upload', () => {
  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uploadable, { filename?: string }]>([
    ['a File', bytes => new File([bytes], 'a.png'), {}],
    ['a Blob', bytes => new Blob([bytes]), { filename: 'a.png' }],
    ['bytes', bytes => bytes, { filename: 'a.png' }],
    ['a part of a buffer', bytes => Uint8Array.of(0, ...bytes, 0).subarray(1, -1), { filename: 'a.png' }],
    ['an ArrayBuffer', bytes => bytes.buffer, { filename: 'a.png' }],
    ['a stream', bytes => streamOf(bytes), { filename: 'a.png' }],
  ])('of %s arrives whole, named, typed and hashed', async (_, wrap, options) => {
    const bytes = sample('png', 1000)
    const { data } = await upload(wxpay, IMAGE, wrap(bytes), options)
    expect(data.media_id).toMatch(/^[\w+/=-]{20,}$/)
    const { file, bytes: arrived, meta } = await last()
    expect([file.name, file.type, arrived]).toEqual(['a.png', 'image/png', bytes])
    expect(meta).toEqual({ filename: 'a.png', sha256: await sha256(bytes) })
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', status: 200 })
  })

  it('without a name is named by its first bytes', async () => {
    for (const kind of IMAGES) {
      await upload(wxpay, IMAGE, sample(kind))
      expect((await last()).meta.filename).toBe(`file.${kind}`)
    }
  })

  it('keeps the content type that a Blob says', async () => {
    await upload(wxpay, IMAGE, new File([sample('jpg')], 'a.jpg', { type: 'image/jpg' }))
    expect((await last()).file.type).toBe('image/jpg')
  })

  it.each(FILMS)('of a film is taken: %s', async kind => {
    const { data } = await upload(wxpay, VIDEO, new File([sample(kind)], `a.${kind}`))
    expect(data.media_id).toBeTypeOf('string')
    expect((await last()).file.type).toMatch(/^(video|application)\//)
  })

  it('of a stream is the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...IMAGES),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }),
        async (kind, lengths) => {
          const bytes = sample(kind, 200)
          await upload(wxpay, IMAGE, streamOf(bytes, lengths))
          const { bytes: arrived, meta } = await last()
          expect([arrived, meta]).toEqual([bytes, { filename: `file.${kind}`, sha256: await sha256(bytes) }])
        },
      ),
      { numRuns: 25 },
    )
  })

  it('of an invoice has its SM3 and its type', async () => {
    const pdf = sample('pdf')
    await upload(wxpay, FAPIAO, streamOf(pdf, [1, 2, 3]), { filename: 'a.pdf', meta: { sub_mchid: '1900000109' } })
    const { meta } = await last()
    expect(meta).toEqual({
      sub_mchid: '1900000109',
      file_type: 'PDF',
      digest_alogrithm: 'SM3',
      digest: sm3(pdf),
    })
    await upload(wxpay, FAPIAO, new File([sample('ofd')], 'a.ofd'))
    expect((await last()).meta.file_type).toBe('OFD')
    await upload(wxpay, 'v3/taxi-invoice/cards/upload-file', pdf, {
      meta: { company_mchid: '1900000109', region_id: 310100 },
    })
    expect((await last()).meta).toEqual({
      company_mchid: '1900000109',
      region_id: 310100,
      digest_algorithm: 'DIGEST_ALGORITHM_SM3',
      digest: sm3(pdf),
    })
  })

  it('of APIv2 is a form with the MD5 of the file', async () => {
    await upload(wxpay, 'v2/secapi/mch/uploadmedia', new File([sample('png')], 'a.png'), {
      meta: { mch_id: simulator.merchant.mchid },
    })
    const { form } = await last('media')
    expect(form.get('media_hash')).toMatch(/^[\da-f]{32}$/)
    expect([form.get('mch_id'), form.has('meta')]).toEqual([simulator.merchant.mchid, false])
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid' })
  })

  it('with a path parameter and a encrypted field in meta', async () => {
    await upload(wxpay, 'v3/marketing/bank/packages/{package_id}/tasks', sample('csv'), {
      package_id: '8473295',
      meta: { bank_type: 'ICBC_DEBIT' },
      filename: 'users.csv',
    })
    expect((await last()).meta).toMatchObject({ bank_type: 'ICBC_DEBIT', filename: 'users.csv' })
    expect(simulator.journal.at(-1)!.path).toBe('/v3/marketing/bank/packages/8473295/tasks')
    await upload(wxpay, 'v3/marketing/shopping-receipt/shoppingreceipts', sample('png'), {
      meta: {
        transaction_id: '4200000001',
        openid: 'o1',
        merchant_contact_information: { consultation_phone_number: '13800000000' },
      },
    })
    const { consultation_phone_number } = (await last()).meta.merchant_contact_information
    expect(consultation_phone_number).toMatch(/^[\w+/]{300,}=*$/)
  })

  it('takes what every call takes: a signal, how to try again', async () => {
    const signal = AbortSignal.abort()
    await expect(upload(wxpay, IMAGE, sample('png'), { signal })).rejects.toMatchObject({ code: 'ABORTED' })
    simulator.faults.add({ kind: 'cut-connection', path: `/${IMAGE}`, count: 1 })
    const retry = { repeatable: true, delay: () => 0 }
    expect((await upload(wxpay, IMAGE, sample('png'), { retry })).status).toBe(200)
  })
})

describe('before anything is sent', () => {
  const png = (length?: number) => new File([sample('png', length)], 'a.png')

  it('a stream is read no further than the bound, and cancelled', async () => {
    let pulled = 0
    let reason = 'not cancelled'
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(sample('png', MEGABYTE))
      },
      cancel() {
        reason = 'cancelled'
      },
    })
    const { message } = await refusal(upload(wxpay, IMAGE, endless))
    expect([message, reason]).toEqual([
      `file: more than ${2 * MEGABYTE} bytes; ${IMAGE} accepts at most ${2 * MEGABYTE}.`,
      'cancelled',
    ])
    expect(pulled).toBeLessThanOrEqual(4)
  })

  it('a wrong name is refused, and the stream behind it not touched', async () => {
    const stream = streamOf(sample('png'))
    const { field, message } = await refusal(upload(wxpay, IMAGE, stream, { filename: 'a.gif' }))
    expect([field, message]).toEqual(['file', `file: "a.gif" has the wrong type; ${IMAGE} accepts jpg, bmp or png.`])
    expect((await stream.getReader().read()).done).toBe(false)
  })

  it.each<[UploadPath, Uploadable, UploadOptions<typeof IMAGE>, string]>([
    [IMAGE, new Uint8Array(), {}, 'file: empty.'],
    [IMAGE, new File([sample('pdf')], 'a.png'), {}, 'file: "a.png" begins like pdf, not like png.'],
    [IMAGE, new File([new Uint8Array(9)], 'a.png'), {}, '"a.png" does not begin like png.'],
    [IMAGE, sample('mp4'), {}, `it begins like mp4; ${IMAGE} accepts jpg, bmp or png.`],
    [IMAGE, png(), { filename: `${'a'.repeat(125)}.png` }, `its name has 129 characters; ${IMAGE} accepts 128.`],
    [VIDEO, png(), {}, `"a.png" has the wrong type; ${VIDEO} accepts avi, wmv`],
    ['v2/secapi/mch/uploadmedia', new File([], 'a.png'), {}, 'media: empty.'],
    ['v3/marketing/shopping-receipt/shoppingreceipts', png(204_801), {}, 'accepts at most 204800.'],
    ['v3/marketing/shopping-receipt/shoppingreceipts', new File([sample('bmp')], 'a.bmp'), {}, 'accepts png or jpg'],
    ['v3/marketing/bank/packages/{package_id}/tasks', new File([sample('pdf')], 'a.csv'), {}, 'begins like pdf'],
    ['v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload', new Uint8Array(3), {}, 'Give "filename"'],
    [
      'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload',
      png(2000),
      { limits: { maxBytes: 1999 } },
      'at most 1999.',
    ],
    [
      'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload',
      png(),
      { limits: { kinds: ['jpg'] } },
      'accepts jpg',
    ],
  ])('%s: %s', async (path, file, options, words) => {
    const { message } = await refusal(upload<typeof IMAGE>(wxpay, path as typeof IMAGE, file, options))
    expect(message).toContain(words)
  })

  it('a stream that breaks off is told of as it is', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('the disk is gone'))
      },
    })
    await expect(upload(wxpay, IMAGE, broken)).rejects.toThrow('the disk is gone')
  })
})
