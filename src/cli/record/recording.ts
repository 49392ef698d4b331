/** A value as a recording has it: its shape, and of its content only what the definitions list. */
export type RecordedValue =
  | RecordedText
  | { readonly type: 'integer' | 'number'; readonly value?: number }
  | { readonly type: 'boolean' | 'null' }
  | { readonly type: 'array'; readonly length: number; readonly items: readonly RecordedValue[] }
  | RecordedObject

export interface RecordedText {
  readonly type: 'string'
  /** Characters. */
  readonly length: number
  readonly kind: TextKind
  /** Only a value that the definition of the field lists, or a known error code. */
  readonly value?: string
  /** The same number stands for the same text in all of the recording. */
  readonly ref?: number
}

export type TextKind = 'empty' | 'digits' | 'date-time' | 'url' | 'hex' | 'base64' | 'text'

export interface RecordedObject {
  readonly type: 'object'
  readonly fields: Readonly<Record<string, RecordedValue>>
  /** Members whose names no definition has: their names may be somebody's data. */
  readonly unnamed?: readonly RecordedValue[]
}

/** A body: a message, or why there is none. */
export type RecordedBody = RecordedValue | { readonly type: 'none' | 'opaque' | 'too-large' | 'cut' }

/** A request and its response: a line of a recording. */
export interface RecordedExchange {
  readonly request: {
    readonly api: 'v2' | 'v3' | 'brand'
    readonly method: string
    /** Path of the definition; in a path without one, `{?}` stands for every segment that no definition has. */
    readonly path: string
    /** Whether the definitions have the endpoint. */
    readonly isDefined: boolean
    readonly parameters: RecordedObject
    readonly query: RecordedObject
    readonly body: RecordedBody
  }
  readonly response: {
    readonly status: number
    /** Error code, if it is a known one. */
    readonly code?: string
    /** Names of the headers that the documents name, in lower case and sorted. */
    readonly headers: readonly string[]
    readonly body: RecordedBody
  }
}

/** The first line of a recording. */
export interface RecordingHead {
  readonly recording: 'wechatpay-edge'
  readonly format: 1
}

export const HEAD: RecordingHead = { recording: 'wechatpay-edge', format: 1 }
