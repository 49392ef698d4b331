import type { FileKind } from './file-kind.ts'

/** Requirements of an upload endpoint, from its official page. */
export interface UploadRule {
  /** Name of the form part with the file. Default: `file` */
  readonly part?: string
  /** Maximum size in bytes. If omitted, no page states it. */
  readonly maxBytes?: number
  /** Accepted types. If omitted, WeChat Pay names them with each request for a file (`check_rule`). */
  readonly kinds?: readonly FileKind[]
  /** Maximum length of the file name, in characters. */
  readonly maxNameLength?: number
  /** The member of `meta` which says that its `digest` is SM3. The client itself adds the SHA-256. */
  readonly sm3?: Readonly<Record<string, string>>
  /** Whether `meta` names the type of the file, in capitals. */
  readonly hasType?: true
}
