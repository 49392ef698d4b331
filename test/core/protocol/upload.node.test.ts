import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createTestClient, signedV2Response, signedV3Response } from '../test-client.ts'

// node:crypto judges digests and signatures of what is uploaded.

const content = new TextEncoder().encode('茶')
const media = new File([content], 'a.png', { type: 'image/png' })

test('APIv2: the MD5 of the file is a field, and every field but the file is signed', async () => {
  const { wxpay, requests } = createTestClient([signedV2Response({})])
  await wxpay.request('POST', 'v2/secapi/mch/uploadmedia', { body: { mch_id: '1900000109', media } })
  const { media: _, sign, ...fields } = Object.fromEntries(await requests[0]!.formData()) as Record<string, string>
  expect(fields).toMatchObject({
    media_hash: createHash('md5').update(content).digest('hex'),
    sign_type: 'HMAC-SHA256',
  })
  const pairs = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const key = '192006250b4c09247ec02edce69f6a2d'
  expect(sign).toBe(
    createHmac('sha256', key)
      .update(`${pairs.join('&')}&key=${key}`)
      .digest('hex')
      .toUpperCase(),
  )
})

const sha256 = createHash('sha256').update(content).digest('hex')
test.each([
  ['v3/merchant/media/upload', 'file', { filename: 'a.png', sha256 }],
  ['v3/mch-manage/submission-files/sub-mchid/1/upload', 'submission_file', { file_name: 'a.png', file_digest: sha256 }],
  [
    'v3/mch-operation-manage/enhanced-due-diligence/1/upload',
    'due_diligence_file',
    { file_name: 'a.png', file_digest: sha256 },
  ],
  ['v3/global/merchant-storage/file/upload', 'file', { filename: 'a.png', digest: sha256 }],
  ['v3/marketing/shopping-receipt/shoppingreceipts', 'file', { sha256 }],
  ['v3/taxi-invoice/cards/upload-file', 'file', {}],
])('APIv3: meta is made as %s has it', async (path, field, made) => {
  const { wxpay, requests } = createTestClient([await signedV3Response({})])
  await wxpay.request('POST', path, { body: { [field]: media, meta: { item_id: '1' } } })
  const form = await requests[0]!.formData()
  expect([...form.keys()]).toEqual(['meta', field])
  expect(JSON.parse(String(form.get('meta')))).toEqual({ item_id: '1', ...made })
})

test('APIv3: a file without a name is refused, with the way that the endpoint leaves', async () => {
  const { wxpay } = createTestClient([await signedV3Response({})])
  const send = (path: string) => wxpay.request('POST', path, { body: { file: content } })
  await expect(send('v3/merchant/media/upload')).rejects.toMatchObject({
    field: 'file',
    message: 'file: the file has no name. Give a File, or its name in "meta".',
  })
  await expect(send('v3/taxi-invoice/cards/upload-file')).rejects.toMatchObject({
    message: 'file: the file has no name. Give a File.',
  })
})
