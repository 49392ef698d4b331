import type { Message } from '../message.ts'

/** A message of a pasted text, with its first line and its time as far as the text has them. */
export type Exchange = {
  readonly message: Message
  /** Time when it was sent or arrived, milliseconds since 1970; absent if the text does not say. */
  readonly at?: number | undefined
} & (
  | { readonly kind: 'request'; readonly method: string; readonly url: string }
  | { readonly kind: 'response'; readonly status: number; readonly to?: string | undefined }
  | { readonly kind: 'body' }
)
