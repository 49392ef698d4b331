/**
 * Every error of this library is a {@link WechatpayError} with a stable `code`. The class says who has to act:
 *
 * | class | who acts |
 * | --- | --- |
 * | {@link ConfigurationError} | whoever configured the client: an option is missing or wrong |
 * | {@link CallError} | whoever wrote the call: it cannot be sent as it stands, and was not |
 * | {@link TransportError} | the network: no whole answer arrived |
 * | {@link ServiceError} | WeChat Pay answered, and the answer is an error |
 * | {@link SignatureError} | an answer arrived that is not proven to be WeChat Pay's |
 * | `NotificationError` | the sender of a notification: it is not proven, not readable, or meant for somebody else |
 * | {@link MalformedAnswerError}, {@link MalformedError} | an answer, a message is not what its format requires |
 * | {@link SealedAnswerError}, {@link DecryptionError} | a sealed field of an answer, a sealed value does not open |
 *
 * Those that come with an answer are {@link AnswerError}s.
 */
export class WechatpayError extends Error {
  override readonly name: string = 'WechatpayError'
  /** Stable: branch on it. Never renamed within a major version. */
  declare readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown, fields?: object) {
    super(message, cause === undefined ? cause : { cause })
    Object.assign(this, { code }, fields)
  }
}

export type ErrorCode =
  | ConfigurationCode
  | CallCode
  | TransportCode
  | 'SERVICE_ERROR'
  /** Of `wechatpay-edge/browser`: one's own gateway refused the call. */
  | 'GATEWAY_ERROR'
  | SignatureCode
  | NotificationCode
  | MalformedCode
  | DecryptionCode
  | BillCode
  | FlowCode

export type ConfigurationCode =
  /** An option is missing that this call needs. */
  | 'OPTION_MISSING'
  /** An option is there, but cannot be right. */
  | 'OPTION_INVALID'
  /** Not a PEM, or its content cannot be read. */
  | 'PEM_INVALID'
  /** A PEM of another kind: a certificate where a private key is expected, and the like. */
  | 'PEM_WRONG_KIND'
  /** A passphrase-protected private key. */
  | 'PEM_ENCRYPTED'
  /** The private key and the certificate are not a pair. */
  | 'KEY_MISMATCH'
  /** The runtime has no WebCrypto. */
  | 'WEBCRYPTO_MISSING'
  /** A file that is not there, or may not be read. */
  | 'FILE_UNREADABLE'
  /** The passphrase of a key or a PKCS#12 file is not that one. */
  | 'PASSPHRASE_WRONG'
  /** The runtime was not given leave: Deno's `--allow-…`. */
  | 'PERMISSION_DENIED'
  /** A package that only some need is not installed. */
  | 'PACKAGE_MISSING'

export type CallCode =
  | 'PATH_PARAMETER_MISSING'
  | 'PATH_PARAMETER_INVALID'
  /** An option is neither a path parameter of this call nor one that every call has. */
  | 'OPTION_UNKNOWN'
  | 'QUERY_INVALID'
  | 'BODY_INVALID'
  /** `timeout`, `retry`, `signal` or `headers` of a call, or a parameter of a function beside the client: `startJsapi(client, { prepay_id: '' })`. */
  | 'PARAMETER_INVALID'
  /** The last word of a chain is not `get`, `post`, `put`, `patch`, `delete` or `url`. */
  | 'VERB_UNKNOWN'
  /** Only an APIv2 GET carries its signature in the URL. */
  | 'URL_UNSIGNED'
  /** `wxpay.fetch` signs for access points of WeChat Pay and for `baseUrl` only. */
  | 'HOST_UNKNOWN'

export type TransportCode =
  | 'TIMEOUT'
  | 'ABORTED'
  /** No answer: refused, reset, unresolved, TLS. */
  | 'NETWORK_ERROR'
  /** The answer began and broke off. */
  | 'RESPONSE_CUT_SHORT'
  /** The answer is longer than any of WeChat Pay's: it was read no further. */
  | 'RESPONSE_TOO_LARGE'

export type SignatureCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  /** `Wechatpay-Timestamp` is more than 5 minutes off this machine's clock. */
  | 'SIGNATURE_STALE'
  /** `WECHATPAY/SIGNTEST/`: WeChat Pay tests whether signatures are verified at all. */
  | 'SIGNATURE_PROBE'
  /** No key of WeChat Pay's with that id is known. */
  | 'SIGNATURE_UNKNOWN_SERIAL'
  /** APIv2: the signature does not prove every field. It covers text only, and does not tell where one text ends. */
  | 'SIGNATURE_PARTIAL'

/** Of notifications that are signed, or say that they are. */
export type NotificationCode =
  /** Signed with the merchant's APIv2 key, but not what any definition of a notification requires: a response, a signed URL. */
  | 'NOTIFICATION_UNKNOWN'
  /** It names another merchant (商户号) than the client's. */
  | 'MERCHANT_MISMATCH'
  /** It has more bytes than any notification. */
  | 'BODY_TOO_LARGE'
  /** WeChat Pay, when asked, does not say what the APIv2 notification says. */
  | 'UNCONFIRMED'

export type MalformedCode = 'NOT_JSON' | 'NOT_XML'

export type DecryptionCode = 'DECRYPTION_FAILED'

/** Of `wechatpay-edge/bill`. */
export type BillCode =
  /** It ends before its summary. */
  | 'BILL_CUT_SHORT'
  /** Its bytes are not those whose hash WeChat Pay gave. */
  | 'BILL_HASH_MISMATCH'
  /** It does not decrypt: damaged, cut short, or encrypted with another key. */
  | 'BILL_DECRYPTION_FAILED'
  /** WeChat Pay names fewer parts of it than it has, or one twice. */
  | 'BILL_PARTS_MISSING'
  /** Its summary and its rows differ. */
  | 'BILL_SUMMARY_MISMATCH'
  /** It is not in the format of a bill. */
  | 'BILL_MALFORMED'
  /** It has no column to reconcile by. */
  | 'BILL_COLUMN_MISSING'
  /** It names sub-merchants, our records do not, and a number of ours may be that of another sub-merchant. */
  | 'BILL_KEY_AMBIGUOUS'

/** Of `wechatpay-edge/payment`. */
export type FlowCode =
  /** Money may have moved, and nobody could tell: look again by the same number. */
  | 'OUTCOME_UNKNOWN'
  /** A genuine response is not about what was asked for, and proves nothing about it: query again. */
  | 'RESPONSE_MISMATCH'
  /** Of the gateway: the response is genuine, but was received before, or was signed before the call was sent. */
  | 'RESPONSE_REPLAYED'
  /** A paid order has another amount, currency or appid than the merchant's records say. */
  | 'ORDER_UNEXPECTED'
  /** An order is not known to be closed, and may still be paid: close it again. */
  | 'ORDER_NOT_CLOSED'
  /** The refund was closed (退款关闭): no money has moved, and its number is used up. */
  | 'REFUND_CLOSED'
  /** The shopper's account does not take the refund (退款异常): the money has left the merchant and has to be sent elsewhere. */
  | 'REFUND_ABNORMAL'
  /** WeChat Pay will not refund: the message says what to do. */
  | 'REFUND_REFUSED'

/** An option of the client is missing or wrong. */
export class ConfigurationError extends WechatpayError {
  override readonly name: string = 'ConfigurationError'
  declare readonly code: ConfigurationCode
  /** The option to fix: `privateKey`, `apiv3Key`, `platformKeys.PUB_KEY_ID_…`. */
  declare readonly option: string

  constructor(code: ConfigurationCode, option: string, why: string, cause?: unknown) {
    super(code, `${option}: ${why}.`, cause, { option })
  }
}

/** The call cannot be sent as it is written. Nothing was sent. */
export class CallError extends WechatpayError {
  override readonly name: string = 'CallError'
  declare readonly code: CallCode
  /** The parameter or field to fix, dotted: `amount.total`. */
  declare readonly field: string

  constructor(code: CallCode, field: string, why: string, cause?: unknown) {
    super(code, `${field}: ${why}.`, cause, { field })
  }
}

/**
 * Makes the error for a body that cannot be sent.
 *
 * @param field dotted: `amount.total`
 */
export const invalidBody = (field: string, why: string, cause?: unknown): CallError =>
  new CallError('BODY_INVALID', field, why, cause)

/** No whole answer arrived. */
export class TransportError extends WechatpayError {
  override readonly name: string = 'TransportError'
  declare readonly code: TransportCode
  /**
   * The request may have reached WeChat Pay and taken effect, money included. Query by the same number before
   * anything else, or send the very same parameters again.
   */
  declare readonly mayHaveTakenEffect: boolean

  constructor(code: TransportCode, message: string, mayHaveTakenEffect: boolean, cause?: unknown) {
    super(code, message + doubt(mayHaveTakenEffect), cause, { mayHaveTakenEffect })
  }
}

export const DOUBT = ' The call may have taken effect: query before you repeat it.'

const doubt = (mayHaveTakenEffect: boolean): string => (mayHaveTakenEffect ? DOUBT : '')

/** An answer as it came over the wire. `headers` and `body` are kept out of what `console.log` shows. */
export interface Answer {
  status: number
  headers: Headers
  /** The text as received. Fields that WeChat Pay sealed are sealed in it. */
  body: string
}

/** What the errors that come with an answer share. */
export class AnswerError extends WechatpayError {
  override readonly name: string = 'AnswerError'
  declare readonly status: number
  /** `Request-ID`: what WeChat Pay's support asks for. */
  declare readonly requestId: string | undefined
  /** The request may have taken effect, money included. */
  declare readonly mayHaveTakenEffect: boolean
  declare readonly headers: Headers
  declare readonly body: string

  constructor(
    code: ErrorCode,
    message: string,
    { status, headers, body }: Answer,
    mayHaveTakenEffect: boolean,
    cause?: unknown,
    fields?: object,
  ) {
    const requestId = headers.get('request-id') ?? undefined
    const named = requestId ? ` (Request-ID ${requestId})` : ''
    super(code, message + named + doubt(mayHaveTakenEffect), cause, {
      status,
      requestId,
      mayHaveTakenEffect,
      ...fields,
    })
    // Bodies hold openids and prepay ids: reachable for who asks, absent from logs.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}

/**
 * WeChat Pay refused the call: an APIv3 answer that is not 2xx, an APIv2 answer with `return_code` or `result_code`
 * `FAIL`.
 *
 * @example
 * ```ts
 * try {
 *   await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no: '1', params: { mchid } })
 * } catch (error) {
 *   if (error instanceof ServiceError && error.serviceCode === 'ORDER_NOT_EXIST') console.log('not placed')
 *   else throw error
 * }
 * ```
 */
export class ServiceError extends AnswerError {
  override readonly name: string = 'ServiceError'
  declare readonly code: 'SERVICE_ERROR'
  /** WeChat Pay's own code: APIv3 `code`; APIv2 `err_code` or `error_code`, else `return_code`. */
  declare readonly serviceCode: string
  /** WeChat Pay's own words. */
  declare readonly serviceMessage: string
  /** APIv3 `detail`: which field is wrong, its value, what was signed. Kept out of what `console.log` shows, as the body is. */
  declare readonly detail: unknown
  /** The key that proves that the error is WeChat Pay's; undefined when it came unsigned. */
  declare readonly verifiedBy: string | undefined

  constructor(
    {
      detail,
      ...service
    }: { serviceCode: string; serviceMessage: string; detail?: unknown; verifiedBy: string | undefined },
    answer: Answer,
    mayHaveTakenEffect: boolean,
  ) {
    const { field } = Object(detail)
    // The field is named by its path, `/payer/openid`; the value beside it may be a person's.
    const named = typeof field === 'string' ? ` (${field})` : ''
    super(
      'SERVICE_ERROR',
      `${service.serviceCode}: ${service.serviceMessage}${named}`,
      answer,
      mayHaveTakenEffect,
      undefined,
      service,
    )
    Object.defineProperty(this, 'detail', { value: detail })
  }
}

/** An answer that is not proven to come from WeChat Pay. Believe nothing in it. */
export class SignatureError extends AnswerError {
  override readonly name: string = 'SignatureError'
  declare readonly code: SignatureCode
}

/** A text is not the JSON or XML it has to be. */
export class MalformedError extends WechatpayError {
  override readonly name: string = 'MalformedError'
  declare readonly code: MalformedCode
}

/** A whole answer arrived and cannot be read. */
export class MalformedAnswerError extends AnswerError {
  override readonly name: string = 'MalformedAnswerError'
  declare readonly code: MalformedCode
}

/** A verified answer arrived, and a field in it that WeChat Pay sealed for the merchant does not open. */
export class SealedAnswerError extends AnswerError {
  override readonly name: string = 'SealedAnswerError'
  declare readonly code: DecryptionCode
}

/** A sealed value did not open. */
export class DecryptionError extends WechatpayError {
  override readonly name: string = 'DecryptionError'
  declare readonly code: DecryptionCode

  constructor(message: string, cause?: unknown) {
    super('DECRYPTION_FAILED', message, cause)
  }
}
