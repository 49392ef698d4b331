import { FILE_KINDS, type FileKind } from '../../src/flows/media/file-kind.ts'

/** The part of OpenAPI 3.1 that the definitions use, and the extensions that they add to it. */

/** The APIs of WeChat Pay: APIv2, APIv3, 品牌 API. Each has a folder of definitions. */
export const APIS = ['v2', 'v3', 'brand'] as const

export type Api = (typeof APIS)[number]

export interface Document {
  openapi: string
  info: Info
  servers?: Server[]
  tags?: { name: string }[]
  paths?: Record<string, PathItem>
  /**
   * By event. In the bundled document, APIv2 events have the prefix `v2/`, since both APIs define
   * `TRANSACTION.SUCCESS`.
   */
  webhooks?: Record<string, PathItem>
  components?: Components
}

export interface Info {
  title: string
  version: string
  license?: { name: string; identifier: string }
}

export interface Server {
  url: string
  description?: string
}

export interface Components {
  schemas?: Record<string, Schema>
  responses?: Record<string, Response>
  parameters?: Record<string, Parameter>
  securitySchemes?: Record<string, unknown>
}

/** Sections of `components` in definition files. */
export const SECTIONS = ['schemas', 'responses', 'parameters'] as const
/** The components of all definition files. */
export type Merged = Record<(typeof SECTIONS)[number], Record<string, unknown>>

export interface Reference {
  $ref: string
}

export interface PathItem {
  parameters?: (Parameter | Reference)[]
  servers?: Server[]
  [method: string]: unknown
}

export interface Operation {
  operationId?: string
  summary?: string
  deprecated?: boolean
  tags?: string[]
  externalDocs?: { url: string }
  servers?: Server[]
  security?: Record<string, string[]>[]
  parameters?: (Parameter | Reference)[]
  requestBody?: { required?: boolean; content: Record<string, MediaType> }
  responses: Record<string, Response | Reference>
  'x-api'?: Api
  'x-docs'?: string[]
  'x-errors'?: { status?: number; code: string; description: string }[]
  'x-retired'?: string
  'x-ip-allow-list'?: boolean
  'x-mtls'?: boolean
  'x-nonceless'?: boolean
  /** Of a notification: the response of the merchant must answer it. */
  'x-question'?: boolean
  /** Calls per second that a merchant may make. */
  'x-rate'?: number
  /** Known only from the APIv3 twin of the endpoint. */
  'x-unconfirmed'?: boolean
  /** The total of a list ignores the filter of the query. */
  'x-unfiltered-total'?: boolean
  'x-unsigned'?: boolean
  /** Deviations from `x-settles` of the query, for calls that are read by another rule. */
  'x-settled-as'?: unknown
  /** The query that returns the result of the call: `GET /v3/…`. */
  'x-settled-by'?: string
  /** The place of the result in the response of the query. */
  'x-settles'?: unknown
  /** The caller's own number by which WeChat Pay recognizes a repeated call; `none` if no field or header is one. */
  'x-idempotent-by'?: string
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
}

export interface Response {
  description?: string
  content?: Record<string, MediaType>
}

export interface MediaType {
  schema?: Schema
}

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  maxLength?: number
  minLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  description?: string
  example?: unknown
  deprecated?: boolean
  enum?: (string | number | boolean | null)[]
  const?: string | number | boolean
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  contentMediaType?: string
  contentSchema?: Schema
  'x-encrypted'?: string
  /** The official name of each value. */
  'x-enum-labels'?: Readonly<Record<string, string>>
  /** Types of a file, as their extensions. */
  'x-file-kinds'?: readonly FileKind[]
  /** Maximum size of a file. */
  'x-max-bytes'?: number
  /** Keywords of this schema that only one source states. */
  'x-one-source'?: string[]
  /** Identifies a person, contacts them, or is specific to them. Never logged. */
  'x-personal'?: boolean
  /** Known only from the APIv3 twin of the endpoint. */
  'x-unconfirmed'?: boolean
  'x-unit'?: string
}

export const METHODS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete']

/**
 * Extensions and their values: `true`, one of a list, any match of a pattern, an object with the listed members, a list of the
 * listed `items`; a `count` from 1, `urls`, `texts` by name, names of `keywords` of the same schema, or `errors` with status,
 * code and description.
 */
export const EXTENSIONS: Readonly<
  Record<
    string,
    | true
    | readonly string[]
    | RegExp
    | 'count'
    | 'urls'
    | 'texts'
    | 'keywords'
    | 'errors'
    | { readonly members: readonly string[] }
    | { readonly items: readonly string[] }
  >
> = {
  'x-docs': 'urls',
  'x-enum-labels': 'texts',
  'x-errors': 'errors',
  'x-encrypted': ['rsa', 'rsa-bank', 'aes-256-gcm', 'aes-256-ecb'],
  'x-file-kinds': { items: FILE_KINDS },
  'x-idempotent-by': /^\w+$/,
  'x-ip-allow-list': true,
  'x-max-bytes': 'count',
  'x-mtls': true,
  'x-nonceless': true,
  'x-one-source': 'keywords',
  'x-personal': true,
  'x-question': true,
  'x-rate': 'count',
  'x-retired': /^\d{4}-\d{2}-\d{2}$/,
  'x-settled-as': { members: ['kind', 'as'] },
  'x-settled-by': /^(?:GET|POST) \/[\w/{}.-]+$/,
  'x-settles': { members: ['kind', 'number', 'as', 'at', 'state', 'final', 'with', 'from', 'unpaid'] },
  'x-unconfirmed': true,
  'x-unfiltered-total': true,
  'x-unit': ['fen', 'yuan', 'percent', 'basis-points', 'seconds', 'minutes', 'days'],
  'x-unsigned': true,
}

/** The default access point. */
export const HOME = 'https://api.mch.weixin.qq.com'

/** Returns the path prefix of an access point, such as `/hk`; usually empty. */
export const prefixOf = ({ url }: Server): string => new URL(url).pathname.replace(/\/$/, '')

export const isReference = (value: object): value is Reference => '$ref' in value

export const isJson = (mediaType: string): boolean => /^application\/([\w.-]+\+)?json\b/.test(mediaType)
export const isXml = (mediaType: string): boolean => /^(text|application)\/xml\b/.test(mediaType)

/**
 * Returns whether a field is encrypted for the merchant with the APIv3 or APIv2 key, as in notifications: it arrives as
 * text regardless of its content.
 */
export const isWhollyEncrypted = (field: Schema): boolean => field['x-encrypted']?.startsWith('aes-') ?? false
