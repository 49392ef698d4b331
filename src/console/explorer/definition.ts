/** The files of definitions that the explorer loads: one index, and one file per API. `npm run generate` writes them. */
import type { Api } from '../../definitions/call.ts'

/** A product (产品), one definition file. */
export interface IndexedProduct {
  /** Its official name, Chinese. */
  readonly title: string
  readonly api: Api
  /** The name of its definition file as words: `pay transactions`. */
  readonly english: string
  /** Whether most merchants use it. */
  readonly usual?: true
}

/** An endpoint or a notification in the index. */
export interface IndexedEntry {
  /** The HTTP method of an endpoint; absent for a notification. */
  readonly method?: string
  /** Path with its API, placeholders as `{name}`: `/v3/…`, `/v2/…`, `/brand/…`; of a notification, its event as the library names it. */
  readonly name: string
  /** The official name, Chinese. */
  readonly title: string
  /** The number of its product. */
  readonly product: number
  readonly deprecated?: true
  /** The numbers of its fields in ascending order, each as the difference from the one before it. */
  readonly fields: readonly number[]
}

export interface DefinitionIndex {
  readonly products: readonly IndexedProduct[]
  readonly entries: readonly IndexedEntry[]
  /** Each distinct field: its name, a space, and its official name. */
  readonly fields: readonly string[]
  /** Words of official names by the English words that people search with. */
  readonly translations: Readonly<Record<string, string>>
  /** The error codes that every endpoint of APIv3 has (公共错误码). */
  readonly commonErrors: readonly DefinedError[]
}

export const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'any', 'file'] as const

/** A value and its facts. Other schemas and fields are numbers of the tables of the file. */
export interface DefinedSchema {
  readonly type: (typeof TYPES)[number]
  /** Members of an object. In a name such as `coupon_id_#`, a number replaces each `#`. */
  readonly fields?: readonly number[]
  readonly items?: number
  /** Alternatives. */
  readonly anyOf?: readonly number[]
  /** The JSON, the form or the XML in a text. */
  readonly content?: number
  readonly contentType?: 'json' | 'form' | 'xml'
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly enum?: readonly (string | number | boolean | null)[]
  /** The official name of each value. */
  readonly enumLabels?: Readonly<Record<string, string>>
  /** Maximum size of a file. */
  readonly maxBytes?: number
  /** Types of a file, as their extensions. */
  readonly fileKinds?: readonly string[]
  readonly unit?: string
  readonly encrypted?: string
  readonly personal?: true
  /** Keywords that only one source states. */
  readonly oneSource?: readonly string[]
  readonly unconfirmed?: true
  readonly deprecated?: true
  readonly example?: unknown
}

export interface DefinedField {
  readonly name: string
  /** The official name, Chinese. */
  readonly label: string
  readonly schema: number
  readonly required?: true
}

/** A documented error code. */
export interface DefinedError {
  readonly code: string
  /** HTTP status; absent in APIv2, and where the official page has none. */
  readonly status?: number
  /** 描述 */
  readonly label: string
  /** 解决方案 */
  readonly remedy?: string
}

interface DefinedEntry {
  readonly title: string
  readonly api: Api
  /** The number of its product. */
  readonly product: number
  /** Official pages, its own first. */
  readonly docs: readonly string[]
}

export interface DefinedEndpoint extends DefinedEntry {
  readonly method: string
  /** As in the index. */
  readonly name: string
  /** The path on the wire, with the prefix of no access point: APIv2 without `/v2`. */
  readonly path: string
  readonly placeholders: readonly number[]
  readonly query: readonly number[]
  readonly headers: readonly number[]
  readonly body?: { readonly kind: 'json' | 'xml' | 'multipart'; readonly required: boolean; readonly schema: number }
  /** Fields of query and body that the client fills in by default: `sign`, `meta.sha256`. */
  readonly filled?: readonly string[]
  readonly response: {
    readonly kind: 'json' | 'xml' | 'empty' | 'file' | 'redirect'
    readonly schema?: number
    /** The message in place of a file, if the call fails. */
    readonly failure?: number
  }
  /** Its own documented error codes. */
  readonly errors?: readonly DefinedError[]
  /** Access points, if they are not only the usual one. */
  readonly servers?: readonly string[]
  readonly deprecated?: true
  /** The date on which the endpoint ends or ended. */
  readonly retired?: string
  /** Whether it requires the merchant's client certificate. */
  readonly mtls?: true
  /** Whether it accepts only requests from addresses of an allow list. */
  readonly ipAllowList?: true
  /** The query that returns the result of the call: `GET /v3/…`. */
  readonly settledBy?: string
  /** The field by which WeChat Pay recognizes a repeated call. */
  readonly idempotentBy?: string
  readonly unconfirmed?: true
}

export interface DefinedNotification extends DefinedEntry {
  /** As in the index. */
  readonly name: string
  readonly event: string
  readonly message: number
  /** The content of its encrypted field. */
  readonly resource?: number
}

/** All endpoints and notifications of an API. */
export interface ApiDefinition {
  readonly endpoints: readonly DefinedEndpoint[]
  readonly notifications: readonly DefinedNotification[]
  readonly fields: readonly DefinedField[]
  readonly schemas: readonly DefinedSchema[]
}
