import type { WechatpayError } from '../core/base/errors.ts'

/** How a body differs from the one that was signed. */
export type BodyChange = 'crlf' | 'lf' | 'serialized' | 'quoted' | 'charset' | 'byte-order-mark' | 'white-space'

/** The values in the sentences about a response or a notification, by the code of the finding. */
export interface MessageFindingValues {
  readonly 'headers-present': Record<never, never>
  readonly 'headers-missing': { readonly names: readonly string[] }
  readonly 'time-invalid': { readonly text: string }
  /** @param seconds after the time; negative if it is ahead of the clock */
  readonly 'time-recent': { readonly time: Date; readonly seconds: number }
  readonly 'time-stale': { readonly time: Date; readonly seconds: number }
  readonly probe: Record<never, never>
  readonly 'key-missing': Record<never, never>
  readonly 'signature-valid': { readonly serial: string }
  /** The text ends with a line break that was not sent. */
  readonly 'signature-valid-before-end': { readonly serial: string }
  readonly 'signature-changed-body': { readonly change: BodyChange }
  /** The body was saved as an object, so its text is lost. */
  readonly 'signature-lost-text': Record<never, never>
  readonly 'signature-invalid': { readonly serial: string }
  readonly 'message-read': { readonly fields: number }
  readonly 'message-malformed': { readonly error: WechatpayError }
  readonly 'sign-valid': { readonly type: string }
  readonly 'sign-missing': Record<never, never>
  /** A response whose `return_code` is `FAIL` is never signed. */
  readonly 'sign-missing-in-failure': { readonly message: string }
  readonly 'sign-lower-case': Record<never, never>
  readonly 'sign-partial': { readonly why: string }
  readonly 'sign-invalid': Record<never, never>
  readonly 'sign-not-checked': { readonly error: WechatpayError }
  /** A refund notification of APIv2 has no signature. */
  readonly 'refund-unsigned': Record<never, never>
  readonly 'refund-decrypts': Record<never, never>
  readonly 'refund-not-decrypted': { readonly error: WechatpayError }
  readonly 'field-boundary': { readonly field: string }
}

/** The values in the sentences about a request. */
export interface RequestFindingValues {
  /** Neither a call to WeChat Pay nor a notification of it. */
  readonly 'not-wechatpay': Record<never, never>
  /** A request names milliseconds. */
  readonly 'time-milliseconds': { readonly text: string }
  readonly 'authorization-missing': Record<never, never>
  readonly 'authorization-incomplete': { readonly names: readonly string[] }
  /** @param name of the field with the id: `mchid`, `brand_id` */
  readonly 'authorization-complete': { readonly name: string; readonly id: string }
  readonly 'scheme-right': { readonly scheme: string }
  readonly 'scheme-wrong': { readonly scheme: string; readonly expected: string }
  readonly 'request-signature-valid': Record<never, never>
  readonly 'request-signature-valid-before-end': Record<never, never>
  /** @param mistake its name; `unknown` if no usual mistake explains it */
  readonly 'signature-mistake': { readonly mistake: string; readonly what: string; readonly cure: string }
}

/** The party that signs a message: the merchant or its brand signs a request, WeChat Pay everything else. */
export type Signer = 'merchant' | 'platform'

/** The values in the sentences about the search for a key among given ones. */
export interface KeyFindingValues {
  readonly 'key-found': { readonly serial: string }
  /** The only key that could be the one that the message names, since nothing says its id. */
  readonly 'key-assumed': { readonly serial: string }
  /** No key with this serial is given. @param given the ids of those that are @param signer whose key is missing */
  readonly 'key-not-given': { readonly serial: string; readonly given: readonly string[]; readonly signer: Signer }
  /** Another key than the named one verifies the message. */
  readonly 'key-other': { readonly serial: string; readonly id: string }
  readonly 'key-expired': { readonly serial: string; readonly notBefore: Date; readonly notAfter: Date }
}

export interface FindingValues extends MessageFindingValues, RequestFindingValues, KeyFindingValues {}
export type MessageFindingCode = keyof MessageFindingValues
export type FindingCode = keyof FindingValues

/** The step that a finding is about, as the command line names it. */
export type Step =
  | 'scheme'
  | 'authorization'
  | 'headers'
  | 'timestamp'
  | 'key'
  | 'signature'
  | 'message'
  | 'sign'
  | 'req_info'
  | 'fields'

/** The steps that prove a message. */
export const SIGNATURE_STEPS: ReadonlySet<string> = new Set<Step>(['sign', 'signature'])

/** The result of one step. */
export type Finding<Codes extends FindingCode = FindingCode> = {
  readonly [Code in Codes]: FindingOf<Code>
}[Codes]

interface FindingOf<Code extends FindingCode> {
  readonly step: Step
  /** Undefined if it was not checked, or there is nothing to check. */
  readonly ok: boolean | undefined
  readonly code: Code
  readonly values: FindingValues[Code]
}

/** A finding about a response or a notification. */
export type MessageFinding = Finding<MessageFindingCode>

/** Sentences for findings: what was found, and what to do about it, both without a full stop. */
export type FindingWords<Codes extends FindingCode = FindingCode> = {
  readonly [Code in Codes]: (values: FindingValues[Code]) => readonly [detail: string, fix?: string]
}

type Create = <Code extends FindingCode>(step: Step, code: Code, values: FindingValues[Code]) => Finding<Code>

const create =
  (ok: boolean | undefined): Create =>
  <Code extends FindingCode>(step: Step, code: Code, values: FindingValues[Code]) =>
    ({ step, ok, code, values }) as Finding<Code>

export const passed: Create = create(true)
export const failed: Create = create(false)
export const skipped: Create = create(undefined)

/** Returns the sentences of a finding. */
export const describeFinding = <Codes extends FindingCode>(
  { code, values }: Finding<Codes>,
  words: FindingWords<Codes>,
): readonly [detail: string, fix?: string] =>
  (words[code] as unknown as (values: unknown) => readonly [string, string?])(values)
