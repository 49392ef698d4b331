import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { upload } from '../../../src/flows/media/index.ts'
import { UPLOAD_RULES, type UploadPath } from '../../../src/flows/media/upload-rules.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { defined } from '../../simulator/definition.node.ts'
import { sample } from './files.ts'

const uploads = defined.filter(({ file }) => file)
const pathOf = ({ api, path }: (typeof defined)[number]) => (api === 'v2' ? `v2${path}` : path.slice(1)) as UploadPath
const simulator = await createSimulator({ seed: 'all uploads', brandId: '40001' })
const { mchid } = simulator.merchant
const { merchant, brand, fetch, mtlsFetch } = simulator
const wxpay = new Wechatpay({ ...merchant, brand: brand!, fetch, mtlsFetch })

/** Options that cannot be derived from the file. */
const OPTIONS: Readonly<Partial<Record<UploadPath, object>>> = {
  'v3/marketing/shopping-receipt/shoppingreceipts': { meta: { transaction_id: '4200000001', openid: 'o1' } },
  'v3/marketing/bank/packages/{package_id}/tasks': { package_id: '8473', meta: { bank_type: 'ICBC_DEBIT' } },
  'v3/taxi-invoice/cards/upload-file': { meta: { company_mchid: mchid, region_id: 310100 } },
  'v3/mch-operation-manage/enhanced-due-diligence/{due_diligence_id}/upload': {
    due_diligence_id: '1',
    meta: { sub_mchid: mchid, item_id: 1 },
  },
  'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload': { sub_mchid: mchid, meta: { item_id: 1 } },
  'v2/secapi/mch/uploadmedia': { meta: { mch_id: mchid } },
}

describe('the table of uploads', () => {
  it('has every endpoint that takes a file, and its part that is the file', () => {
    expect(uploads).toHaveLength(17)
    const fields = Object.entries(UPLOAD_RULES).map(([path, { field = 'file' }]) => [path, field])
    expect(fields.sort()).toEqual(uploads.map(one => [pathOf(one), one.file]).sort())
  })

  it.each(uploads.map(pathOf))('is enough for %s: what it requires is made, and it answers', async path => {
    const kind = UPLOAD_RULES[path].kinds?.[0] ?? 'png'
    const file = new File([sample(kind)], `a.${kind}`)
    const { data } = await upload(wxpay, path, file, OPTIONS[path] as never)
    expect(Object.keys(data).length).toBeGreaterThan(0)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', status: 200 })
  })
})
