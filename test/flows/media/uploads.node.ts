import type { UploadPath } from '../../../src/flows/media/index.ts'
import { type Defined, defined, membersOf } from '../../simulator/definition.node.ts'

/** An upload with what its definition says of the file. */
export interface DefinedUpload {
  readonly path: UploadPath
  readonly part: string
  readonly maxBytes: number | undefined
  readonly kinds: readonly string[] | undefined
  /** Whether `meta` names the file. */
  readonly isNamed: boolean
  readonly maxNameLength: number | undefined
  /** Whether one source only states the limits. */
  readonly isOneSource: boolean
}

const pathOf = ({ api, path }: Defined) => (api === 'v2' ? `v2${path}` : path.slice(1)) as UploadPath

/** Every endpoint that accepts a file. */
export const uploads: readonly DefinedUpload[] = defined.flatMap(endpoint => {
  const { file, fileSchema, body } = endpoint
  if (!file || !fileSchema) return []
  const { properties } = membersOf(body!)
  const name = properties.filename ?? properties.file_name
  return {
    path: pathOf(endpoint),
    part: file,
    maxBytes: fileSchema['x-max-bytes'],
    kinds: fileSchema['x-file-kinds'],
    isNamed: name !== undefined,
    maxNameLength: name?.maxLength,
    isOneSource: fileSchema['x-one-source'] !== undefined,
  }
})

/** Options of each upload that cannot be derived from its file. */
export const optionsOf = (path: UploadPath, mchid: string): { meta?: object; [parameter: string]: unknown } =>
  ({
    'v3/marketing/shopping-receipt/shoppingreceipts': { meta: { transaction_id: '4200000001', openid: 'o1' } },
    'v3/marketing/bank/packages/{package_id}/tasks': { package_id: '8473', meta: { bank_type: 'ICBC_DEBIT' } },
    'v3/taxi-invoice/cards/upload-file': { meta: { company_mchid: mchid, region_id: 310100 } },
    'v3/mch-operation-manage/enhanced-due-diligence/{due_diligence_id}/upload': {
      due_diligence_id: '1',
      meta: { sub_mchid: mchid, item_id: 1 },
    },
    'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload': { sub_mchid: mchid, meta: { item_id: 1 } },
    'v2/secapi/mch/uploadmedia': { meta: { mch_id: mchid } },
  })[path as string] ?? {}
