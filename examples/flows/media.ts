// A picture for 进件, an invoice from a stream, what is refused before anything is sent, and a complaint's picture as a stream.
// WeChat Pay is simulated.
import { CallError, Wechatpay } from 'wechatpay-edge'
import { download, upload } from 'wechatpay-edge/media'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })

const png = new Uint8Array(1000)
png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const { data: licence } = await upload(wxpay, 'v3/merchant/media/upload', new File([png], 'licence.png'))
console.log('picture:', licence.media_id.slice(0, 12), '…')

// From anywhere: a request's body, a file, an object store. Its SM3 is made as it comes.
const invoice = new Blob(['%PDF-1.7 …']).stream()
const { data: fapiao } = await upload(
  wxpay,
  'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file',
  invoice,
  { filename: 'invoice.pdf' },
)
console.log('invoice:', fapiao.fapiao_media_id)

for (const file of [new File([png], 'licence.gif'), new File([png], 'a.jpg'), new Blob([new Uint8Array(3_000_000)])])
  await upload(wxpay, 'v3/merchant/media/upload', file).catch(error => {
    if (!(error instanceof CallError)) throw error
    console.log('refused:', error.message)
  })

const { data: photo } = await upload(wxpay, 'v3/merchant-service/images/upload', new File([png], 'photo.png'))
const { stream, type } = await download(wxpay, 'v3/merchant-service/images/{media_id}', { media_id: photo.media_id })
// return new Response(stream, { headers: { 'content-type': type } })
console.log('downloaded:', type, (await new Response(stream).arrayBuffer()).byteLength)
