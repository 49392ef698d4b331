import type { FileKind } from './file-kind.ts'

/** Path of an endpoint that accepts a file, with its API version. */
export type UploadPath =
  | 'v3/merchant/media/upload'
  | 'v3/merchant/media/video_upload'
  | 'v3/merchant-service/images/upload'
  | 'v3/marketing/favor/media/image-upload'
  | 'v3/marketing/partner/product-coupon/media/upload-image'
  | 'v3/ecommerce/account/cancel-applications/media'
  | 'v3/marketing/shopping-receipt/shoppingreceipts'
  | 'v3/marketing/bank/packages/{package_id}/tasks'
  | 'v3/global/merchant-service/images/upload'
  | 'v3/global/merchant-storage/file/upload'
  | 'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file'
  | 'v3/taxi-invoice/cards/upload-file'
  | 'v3/mch-operation-manage/enhanced-due-diligence/{due_diligence_id}/upload'
  | 'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload'
  | 'v2/secapi/mch/uploadmedia'
  | 'brand/card-member/media/image-upload'
  | 'brand/marketing/product-coupon/media/upload-image'

/** Requirements of an upload endpoint, from its official page. */
export interface UploadRule {
  /** Name of the form part with the file. Default: `file` */
  readonly field?: string
  /** Maximum size in bytes. */
  readonly maxBytes: number
  /** Accepted types. If omitted, WeChat Pay names them with each request for a file (`check_rule`). */
  readonly kinds?: readonly FileKind[]
  /** Maximum length of the file name, in characters. */
  readonly maxNameLength?: number
  /** Creates additional members of `meta`: the file's SM3 and type. The client itself adds the SHA-256. */
  readonly digest?: (sm3: string, kind: FileKind) => Readonly<Record<string, string>>
}

const KILOBYTE = 1024
const MEGABYTE = 1024 * KILOBYTE
const IMAGE = {
  maxBytes: 2 * MEGABYTE,
  kinds: ['jpg', 'bmp', 'png'],
  maxNameLength: 128,
} as const satisfies UploadRule
/** Bound for endpoints whose page gives no maximum, since files are read into memory. */
const UNDOCUMENTED_MAX_BYTES = 20 * MEGABYTE

/** The pages of the brand API name neither types nor a maximum size; their twins in APIv3 accept images. */
const BRAND_IMAGE = { maxBytes: UNDOCUMENTED_MAX_BYTES, kinds: ['jpg', 'bmp', 'png'] } as const satisfies UploadRule

/** Rules of all upload endpoints. */
export const UPLOAD_RULES: Readonly<Record<UploadPath, UploadRule>> = {
  'v3/merchant/media/upload': IMAGE,
  'v3/merchant/media/video_upload': {
    maxBytes: 5 * MEGABYTE,
    kinds: ['avi', 'wmv', 'mpeg', 'mp4', 'mov', 'mkv', 'flv', 'f4v', 'm4v', 'rmvb'],
    maxNameLength: 128,
  },
  'v3/merchant-service/images/upload': IMAGE,
  'v3/marketing/favor/media/image-upload': IMAGE,
  'v3/marketing/partner/product-coupon/media/upload-image': { ...IMAGE, maxNameLength: 150 },
  'v3/ecommerce/account/cancel-applications/media': IMAGE,
  'v3/marketing/shopping-receipt/shoppingreceipts': { maxBytes: 200 * KILOBYTE, kinds: ['png', 'jpg'] },
  'v3/marketing/bank/packages/{package_id}/tasks': { maxBytes: 2 * MEGABYTE, kinds: ['csv', 'txt'] },
  'v3/global/merchant-service/images/upload': IMAGE,
  'v3/global/merchant-storage/file/upload': {
    maxBytes: 5 * MEGABYTE,
    kinds: ['pdf', 'jpg', 'bmp', 'png'],
    maxNameLength: 256,
  },
  'v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file': {
    maxBytes: 2 * MEGABYTE,
    kinds: ['pdf', 'ofd'],
    // The official name of the field is misspelt: "alogrithm".
    digest: (digest, kind) => ({ file_type: kind.toUpperCase(), digest_alogrithm: 'SM3', digest }),
  },
  'v3/taxi-invoice/cards/upload-file': {
    maxBytes: 2 * MEGABYTE,
    kinds: ['pdf'],
    digest: digest => ({ digest_algorithm: 'DIGEST_ALGORITHM_SM3', digest }),
  },
  'v3/mch-operation-manage/enhanced-due-diligence/{due_diligence_id}/upload': {
    field: 'due_diligence_file',
    maxBytes: UNDOCUMENTED_MAX_BYTES,
  },
  'v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload': {
    field: 'submission_file',
    maxBytes: UNDOCUMENTED_MAX_BYTES,
  },
  'v2/secapi/mch/uploadmedia': { ...IMAGE, field: 'media' },
  'brand/card-member/media/image-upload': BRAND_IMAGE,
  'brand/marketing/product-coupon/media/upload-image': { ...BRAND_IMAGE, maxNameLength: 150 },
}
