export { type Download, type DownloadPath, download } from './download.ts'
export type { FileKind } from './file-kind.ts'
export { type Uploadable, type UploadLimits, type UploadOptions, upload } from './upload.ts'
export type { UploadPath } from './upload-rules.ts'
