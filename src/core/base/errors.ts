/**
 * Base class of the errors of clients, flows and gateway, with a stable `code`. The class tells who can fix it. The
 * simulator has its own errors.
 *
 * | class | cause |
 * | --- | --- |
 * | {@link ConfigurationError} | the configuration: an option of the client is missing or wrong |
 * | {@link CallError} | the calling code: the call is invalid, and was not sent |
 * | {@link TransportError} | the network: no complete response arrived |
 * | {@link ServiceError} | the call: WeChat Pay responded with an error |
 * | {@link SignatureError} | the network or the keys: a response is not proven to be WeChat Pay's |
 * | `NotificationError` | the sender of a notification: it is not proven, not readable, or meant for another merchant |
 * | {@link MalformedResponseError}, {@link MalformedError} | the sender of a response or a text that does not have its
 * format |
 * | {@link ResponseDecryptionError}, {@link DecryptionError} | the keys: an encrypted value cannot be decrypted with
 * them |
 *
 * Errors that come with a response are {@link ResponseError}s. Flows, bills and the gateway define their own errors.
 */
export class WechatpayError<Code extends string = ErrorCode | (string & {})> extends Error {
  override readonly name: string = 'WechatpayError'
  /** Stable code to branch on. Never renamed within a major version. */
  declare readonly code: Code

  constructor(code: Code, message: string, cause?: unknown, fields?: object) {
    super(message, cause === undefined ? cause : { cause })
    Object.assign(this, { code }, fields)
  }
}

/**
 * The errors that a call of a client rejects with, as a union in which `code` determines the class and its fields.
 *
 * @example
 * ```ts
 * try {
 *   await wxpay.v3.pay.transactions.native.post(order)
 * } catch (error) {
 *   if (!(error instanceof WechatpayError)) throw error
 *   const failure = error as ClientError
 *   switch (failure.code) {
 *     case 'SERVICE_ERROR':
 *       console.log(failure.serviceCode) // a ServiceError
 *       break
 *     case 'TIMEOUT':
 *       console.log(failure.mayHaveTakenEffect) // a TransportError
 *   }
 * }
 * ```
 */
export type ClientError =
  | ConfigurationError
  | CallError
  | TransportError
  | ServiceError
  | SignatureError
  | MalformedResponseError
  | ResponseDecryptionError

/** Codes of the client, of notifications, and of the functions that read and write messages. */
export type ErrorCode = ClientError['code'] | NotificationCode

export type ConfigurationCode =
  /** An option that this call requires is missing. */
  | 'OPTION_MISSING'
  /** The value of an option is invalid. */
  | 'OPTION_INVALID'
  /** Not PEM, or its content cannot be read. */
  | 'PEM_INVALID'
  /** A PEM of another kind, such as a certificate instead of a private key. */
  | 'PEM_WRONG_KIND'
  /** A passphrase-protected private key. */
  | 'PEM_ENCRYPTED'
  /** The private key and the certificate are not a pair. */
  | 'KEY_MISMATCH'
  /** The runtime has no WebCrypto. */
  | 'WEBCRYPTO_MISSING'
  /** A file does not exist, or this process may not read it. */
  | 'FILE_UNREADABLE'
  /** The passphrase does not decrypt the key or the PKCS#12 file. */
  | 'PASSPHRASE_WRONG'
  /** The runtime lacks a permission: Deno's `--allow-…`. */
  | 'PERMISSION_DENIED'
  /** An optional package that this call needs is not installed. */
  | 'PACKAGE_MISSING'
  /** A body parser has consumed the body of a notification, and the signed bytes are gone. */
  | 'RAW_BODY_MISSING'
  /** A request has two raw bodies, and they differ. */
  | 'RAW_BODY_AMBIGUOUS'

export type CallCode =
  | 'PATH_PARAMETER_MISSING'
  | 'PATH_PARAMETER_INVALID'
  /** An option that is neither a path parameter of this call nor an option of every call. */
  | 'OPTION_UNKNOWN'
  | 'QUERY_INVALID'
  | 'BODY_INVALID'
  /** An option of a call (`timeout`, `retry`, `signal`, `headers`), or a parameter of a function: `startJsapi`. */
  | 'PARAMETER_INVALID'
  /** The chain does not end with `get`, `post`, `put`, `patch`, `delete` or `url`. */
  | 'VERB_UNKNOWN'
  /** Only an APIv2 GET has its signature in the URL. */
  | 'URL_UNSIGNED'
  /** `wxpay.fetch` signs only for access points of WeChat Pay and for `baseUrl`. */
  | 'HOST_UNKNOWN'

export type TransportCode =
  | 'TIMEOUT'
  | 'ABORTED'
  /** No response: the connection was refused or reset, the name did not resolve, TLS failed. */
  | 'NETWORK_ERROR'
  /** The response began but was interrupted. */
  | 'RESPONSE_CUT_SHORT'
  /** The response is longer than any of WeChat Pay's, so reading stopped. */
  | 'RESPONSE_TOO_LARGE'
  /** The option `signer` threw, or did not answer. A call that it did not sign was not sent. */
  | 'SIGNER_FAILED'

export type SignatureCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  /** `Wechatpay-Timestamp` differs from this machine's clock by more than 5 minutes. */
  | 'SIGNATURE_STALE'
  /** `WECHATPAY/SIGNTEST/`: WeChat Pay tests whether signatures are verified. */
  | 'SIGNATURE_PROBE'
  /** No key of WeChat Pay with that id is known. */
  | 'SIGNATURE_UNKNOWN_SERIAL'
  /** APIv2: the signature does not cover every field. It covers only text, and not where one text ends. */
  | 'SIGNATURE_PARTIAL'

/** Codes of notifications that are signed, or claim to be. */
export type NotificationCode =
  /** Signed with the merchant's APIv2 key, but not a notification by any definition: a response, a signed URL. */
  | 'NOTIFICATION_UNKNOWN'
  /** The notification is for another merchant (商户号) than the client's. */
  | 'MERCHANT_MISMATCH'
  /** The body is longer than any notification. */
  | 'BODY_TOO_LARGE'
  /** A query to WeChat Pay does not confirm the APIv2 notification. */
  | 'UNCONFIRMED'

export type MalformedCode = 'NOT_JSON' | 'NOT_XML'

export type DecryptionCode = 'DECRYPTION_FAILED'

/** Thrown if an option of the client is missing or wrong. */
export class ConfigurationError extends WechatpayError<ConfigurationCode> {
  override readonly name: string = 'ConfigurationError'
  /** The option to fix: `privateKey`, `apiv3Key`, `platformKeys.PUB_KEY_ID_…`. */
  declare readonly option: string

  constructor(code: ConfigurationCode, option: string, why: string, cause?: unknown) {
    super(code, `${option}: ${why}.`, cause, { option })
  }
}

/** Thrown if the call is invalid. Nothing was sent. */
export class CallError extends WechatpayError<CallCode> {
  override readonly name: string = 'CallError'
  /** The parameter or field to fix, dotted: `amount.total`. */
  declare readonly field: string

  constructor(code: CallCode, field: string, why: string, cause?: unknown) {
    super(code, `${field}: ${why}.`, cause, { field })
  }
}

/**
 * Creates the error for a body that cannot be sent.
 *
 * @param field dotted: `amount.total`
 */
export const invalidBody = (field: string, why: string, cause?: unknown): CallError =>
  new CallError('BODY_INVALID', field, why, cause)

/** Thrown if no complete response arrived. */
export class TransportError extends WechatpayError<TransportCode> {
  override readonly name: string = 'TransportError'
  /**
   * Whether the request may have reached WeChat Pay and taken effect, money included. If so, query by the same number
   * before anything else, or send the same parameters again.
   */
  declare readonly mayHaveTakenEffect: boolean

  constructor(code: TransportCode, message: string, mayHaveTakenEffect: boolean, cause?: unknown) {
    // The message may end with a runtime's own error text; workerd's ends with a full stop.
    super(code, message.replace(/\.+$/, '.') + doubt(mayHaveTakenEffect), cause, { mayHaveTakenEffect })
  }
}

/** Appended to the message of an error after which the outcome is unknown. */
export const DOUBT = ' The call may have taken effect: query before you repeat it.'

const doubt = (mayHaveTakenEffect: boolean): string => (mayHaveTakenEffect ? DOUBT : '')

/** A response as received. `console.log` of an error shows neither `headers` nor `body`. */
export interface ReceivedResponse {
  status: number
  headers: Headers
  /** The text as received, with encrypted fields still encrypted. */
  body: string
}

/** Base class of errors that come with a response. */
export class ResponseError<Code extends string = ErrorCode | (string & {})> extends WechatpayError<Code> {
  override readonly name: string = 'ResponseError'
  declare readonly status: number
  /** `Request-ID`, which WeChat Pay's support asks for. */
  declare readonly requestId: string | undefined
  /** Whether the request may have taken effect, money included. */
  declare readonly mayHaveTakenEffect: boolean
  declare readonly headers: Headers
  declare readonly body: string

  constructor(
    code: Code,
    message: string,
    { status, headers, body }: ReceivedResponse,
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
    // Not enumerable, so that logs do not show openids and prepay ids.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}

/** `detail` of an APIv3 error, as far as it is documented. It may quote the request, and thus personal data. */
export interface ServiceErrorDetail {
  /** The field that is wrong, as a path: `/payer/openid`. */
  readonly field?: string
  /** Its value. */
  readonly value?: unknown
  /** The reason why it is wrong. */
  readonly issue?: string
  /** Where it is. */
  readonly location?: 'body' | 'query' | 'url' | 'header' | 'authorization' | (string & {})
  /** The request as WeChat Pay has verified it; only `SIGN_ERROR` has it. */
  readonly sign_information?: {
    readonly method?: string
    readonly url?: string
    readonly truncated_sign_message?: string
    readonly sign_message_length?: number
  }
  readonly [name: string]: unknown
}

/** The content of a refusal. */
export interface Refusal {
  serviceCode: string
  serviceMessage: string
  detail?: unknown
  endpoint: string | undefined
  verifiedBy: string | undefined
}

/**
 * Thrown if WeChat Pay refuses the call: an APIv3 response that is not 2xx, or an APIv2 response whose `return_code` or
 * `result_code` is `FAIL`.
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
export class ServiceError extends ResponseError<'SERVICE_ERROR'> {
  override readonly name: string = 'ServiceError'
  /**
   * WeChat Pay's own code: APIv3 `code`; APIv2 `err_code` or `error_code`, otherwise `return_code`. `isServiceError` adds the
   * documented codes of an endpoint to its type.
   */
  declare readonly serviceCode: string
  /** WeChat Pay's own message. */
  declare readonly serviceMessage: string
  /** APIv3 `detail`: the invalid field, its value, the signed text. `console.log` does not show it. */
  declare readonly detail: ServiceErrorDetail | undefined
  /**
   * The called endpoint: `GET /v3/refund/domestic/refunds/{out_refund_no}`, `POST /v2/pay/refundquery`. `undefined` after
   * `wxpay.request` without a `template`, because a complete path may contain personal data.
   */
  declare readonly endpoint: string | undefined
  /** Proof that the error is WeChat Pay's, as in `Reply`; undefined if it is unsigned. */
  declare readonly verifiedBy: string | undefined

  constructor({ detail, ...service }: Refusal, received: ReceivedResponse, mayHaveTakenEffect: boolean) {
    const { field } = Object(detail)
    // Names the path of the field (`/payer/openid`) only, because its value may be personal.
    const named = typeof field === 'string' ? ` (${field})` : ''
    super(
      'SERVICE_ERROR',
      `${service.serviceCode}: ${service.serviceMessage}${named}`,
      received,
      mayHaveTakenEffect,
      undefined,
      service,
    )
    Object.defineProperty(this, 'detail', { value: Object(detail) === detail ? detail : undefined })
  }
}

/** Thrown if a response is not proven to come from WeChat Pay. Do not trust anything in it. */
export class SignatureError extends ResponseError<SignatureCode> {
  override readonly name: string = 'SignatureError'
}

/** Thrown if a text is not the expected JSON or XML. */
export class MalformedError extends WechatpayError<MalformedCode> {
  override readonly name: string = 'MalformedError'
}

/** Thrown if a complete response cannot be read. */
export class MalformedResponseError extends ResponseError<MalformedCode> {
  override readonly name: string = 'MalformedResponseError'
}

/** Thrown if a field that WeChat Pay encrypted for the merchant cannot be decrypted, in a verified response. */
export class ResponseDecryptionError extends ResponseError<DecryptionCode> {
  override readonly name: string = 'ResponseDecryptionError'
}

/** Thrown if an encrypted value cannot be decrypted. */
export class DecryptionError extends WechatpayError<DecryptionCode> {
  override readonly name: string = 'DecryptionError'

  constructor(message: string, cause?: unknown) {
    super('DECRYPTION_FAILED', message, cause)
  }
}
