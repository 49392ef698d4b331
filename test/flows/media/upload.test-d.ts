// Checked by tsc, never run.
import type { Wechatpay } from '../../../src/core/index.ts'
import { download, upload } from '../../../src/flows/media/index.ts'

declare const wxpay: Wechatpay
declare const file: File
declare const stream: ReadableStream<Uint8Array>

export async function documented(): Promise<void> {
  const image = await upload(wxpay, 'v3/merchant/media/upload', file)
  const id: string = image.data.media_id
  const picture = await upload(wxpay, 'v3/marketing/favor/media/image-upload', stream, { filename: `${id}.png` })
  const url: string = picture.data.media_url
  await upload(wxpay, 'v2/secapi/mch/uploadmedia', file, { meta: { mch_id: '1900000109' }, timeout: 60_000 })
  await upload(wxpay, 'v3/marketing/bank/packages/{package_id}/tasks', file, {
    package_id: '1',
    meta: { bank_type: 'ICBC_DEBIT' },
  })
  await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id: id })
  await download(wxpay, `https://${url}`, { timeout: 1 })
  await download(wxpay, 'v3/transferdownload/elecvoucherfile', { params: { token: '', source: '' } })
}

export async function wrong(): Promise<void> {
  // @ts-expect-error no endpoint takes a file there
  await upload(wxpay, 'v3/pay/transactions/native', file)
  // @ts-expect-error the number of the package is missing
  await upload(wxpay, 'v3/marketing/bank/packages/{package_id}/tasks', file, { meta: { bank_type: 'ICBC_DEBIT' } })
  // @ts-expect-error so is whose invoice it is
  await upload(wxpay, 'v3/taxi-invoice/cards/upload-file', file)
  // @ts-expect-error the picture is not named
  await download(wxpay, 'v3/merchant-service/images/{media_id}')
  // @ts-expect-error no file there
  await download(wxpay, 'v3/certificates')
}
