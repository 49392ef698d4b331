/**
 * Every error of this library is a {@link WechatpayError} with a stable `code`. The class says who has to act:
 *
 * | class | who acts |
 * | --- | --- |
 * | {@link ConfigurationError} | whoever configured the client: an option is missing or wrong |
 * | {@link CallError} | whoever wrote the call: it cannot be sent as it is, and was not |
 * | {@link TransportError} | the network: no complete response arrived |
 * | {@link ServiceError} | the caller: WeChat Pay responded with an error |
 * | {@link SignatureError} | whoever runs the network: a response is not proven to be WeChat Pay's |
 * | `NotificationError` | the sender of a notification: it is not proven, not readable, or meant for another merchant |
 * | {@link MalformedResponseError}, {@link MalformedError} | whoever sent a response or a text that does not have its format |
 * | {@link ResponseDecryptionError}, {@link DecryptionError} | whoever set the key: an encrypted value does not decrypt with it |
 *
 * Errors that come with a response are {@link ResponseError}s. Flows, bills and the gateway define errors of their own.
 */
export class WechatpayError<Code extends string = ErrorCode | (string & {})> extends Error {
  override readonly name: string = 'WechatpayError'
  /** Stable: branch on it. Never renamed within a major version. */
  declare readonly code: Code

  constructor(code: Code, message: string, cause?: unknown, fields?: object) {
    super(message, cause === undefined ? cause : { cause })
    Object.assign(this, { code }, fields)
  }
}

/**
 * The errors that a call of a client rejects with, as a union: `code` tells the class, and with it the fields.
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

/** The codes of the client, of notifications, and of the functions that read and write messages. */
export type ErrorCode = ClientError['code'] | NotificationCode

export type ConfigurationCode =
  /** An option is missing that this call needs. */
  | 'OPTION_MISSING'
  /** An option is given, but its value cannot be right. */
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
  /** A file does not exist, or this process may not read it. */
  | 'FILE_UNREADABLE'
  /** The passphrase does not decrypt the key or the PKCS#12 file. */
  | 'PASSPHRASE_WRONG'
  /** The runtime lacks a permission: Deno's `--allow-…`. */
  | 'PERMISSION_DENIED'
  /** An optional package that this call needs is not installed. */
  | 'PACKAGE_MISSING'

export type CallCode =
  | 'PATH_PARAMETER_MISSING'
  | 'PATH_PARAMETER_INVALID'
  /** An option is neither a path parameter of this call nor an option of every call. */
  | 'OPTION_UNKNOWN'
  | 'QUERY_INVALID'
  | 'BODY_INVALID'
  /** `timeout`, `retry`, `signal` or `headers` of a call, or a parameter of a function that takes the client: `startJsapi(client, { prepay_id: '' })`. */
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
  /** No response: the connection was refused or reset, the name did not resolve, TLS failed. */
  | 'NETWORK_ERROR'
  /** The response began and broke off. */
  | 'RESPONSE_CUT_SHORT'
  /** The response is longer than any of WeChat Pay's, so reading stopped. */
  | 'RESPONSE_TOO_LARGE'

export type SignatureCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  /** `Wechatpay-Timestamp` is more than 5 minutes off this machine's clock. */
  | 'SIGNATURE_STALE'
  /** `WECHATPAY/SIGNTEST/`: WeChat Pay probes whether signatures are verified. */
  | 'SIGNATURE_PROBE'
  /** No key of WeChat Pay's with that id is known. */
  | 'SIGNATURE_UNKNOWN_SERIAL'
  /** APIv2: the signature does not prove every field. It covers only text, and not where one text ends. */
  | 'SIGNATURE_PARTIAL'

/** Codes of notifications that are signed, or claim to be. */
export type NotificationCode =
  /** Signed with the merchant's APIv2 key, but not what any definition of a notification requires: a response, a signed URL. */
  | 'NOTIFICATION_UNKNOWN'
  /** The notification names another merchant (商户号) than the client's. */
  | 'MERCHANT_MISMATCH'
  /** The body is longer than any notification. */
  | 'BODY_TOO_LARGE'
  /** A query of WeChat Pay does not confirm the APIv2 notification. */
  | 'UNCONFIRMED'

export type MalformedCode = 'NOT_JSON' | 'NOT_XML'

export type DecryptionCode = 'DECRYPTION_FAILED'

/** An option of the client is missing or wrong. */
export class ConfigurationError extends WechatpayError<ConfigurationCode> {
  override readonly name: string = 'ConfigurationError'
  /** The option to fix: `privateKey`, `apiv3Key`, `platformKeys.PUB_KEY_ID_…`. */
  declare readonly option: string

  constructor(code: ConfigurationCode, option: string, why: string, cause?: unknown) {
    super(code, `${option}: ${why}.`, cause, { option })
  }
}

/** The call cannot be sent as it is written. Nothing was sent. */
export class CallError extends WechatpayError<CallCode> {
  override readonly name: string = 'CallError'
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

/** No complete response arrived. */
export class TransportError extends WechatpayError<TransportCode> {
  override readonly name: string = 'TransportError'
  /**
   * The request may have reached WeChat Pay and taken effect, money included. Query by the same number before
   * anything else, or send the very same parameters again.
   */
  declare readonly mayHaveTakenEffect: boolean

  constructor(code: TransportCode, message: string, mayHaveTakenEffect: boolean, cause?: unknown) {
    // The reason that ends a message is a runtime's, and workerd ends its own with a full stop.
    super(code, message.replace(/\.+$/, '.') + doubt(mayHaveTakenEffect), cause, { mayHaveTakenEffect })
  }
}

/** Ends the message of an error after which the outcome is unknown. */
export const DOUBT = ' The call may have taken effect: query before you repeat it.'

const doubt = (mayHaveTakenEffect: boolean): string => (mayHaveTakenEffect ? DOUBT : '')

/** A response as it was received. `console.log` of an error shows neither `headers` nor `body`. */
export interface ReceivedResponse {
  status: number
  headers: Headers
  /** The text as received, with encrypted fields still encrypted. */
  body: string
}

/** The base of the errors that come with a response. */
export class ResponseError<Code extends string = ErrorCode | (string & {})> extends WechatpayError<Code> {
  override readonly name: string = 'ResponseError'
  declare readonly status: number
  /** `Request-ID`: WeChat Pay's support asks for it. */
  declare readonly requestId: string | undefined
  /** The request may have taken effect, money included. */
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
    // Bodies hold openids and prepay ids: a program can read them, a log does not show them.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}

/**
 * WeChat Pay refused the call: an APIv3 response that is not 2xx, an APIv2 response with `return_code` or `result_code`
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
export class ServiceError extends ResponseError<'SERVICE_ERROR'> {
  override readonly name: string = 'ServiceError'
  /** WeChat Pay's own code: APIv3 `code`; APIv2 `err_code` or `error_code`, otherwise `return_code`. */
  declare readonly serviceCode: string
  /** WeChat Pay's own message. */
  declare readonly serviceMessage: string
  /** APIv3 `detail`: the wrong field, its value, the text that was signed. `console.log` does not show it. */
  declare readonly detail: unknown
  /** The key that proves that the error is WeChat Pay's; undefined when it came unsigned. */
  declare readonly verifiedBy: string | undefined

  constructor(
    {
      detail,
      ...service
    }: { serviceCode: string; serviceMessage: string; detail?: unknown; verifiedBy: string | undefined },
    received: ReceivedResponse,
    mayHaveTakenEffect: boolean,
  ) {
    const { field } = Object(detail)
    // The message names the path of the field, `/payer/openid`; the value beside it may be personal.
    const named = typeof field === 'string' ? ` (${field})` : ''
    super(
      'SERVICE_ERROR',
      `${service.serviceCode}: ${service.serviceMessage}${named}`,
      received,
      mayHaveTakenEffect,
      undefined,
      service,
    )
    Object.defineProperty(this, 'detail', { value: detail })
  }
}

/** A response is not proven to come from WeChat Pay. Trust nothing in it. */
export class SignatureError extends ResponseError<SignatureCode> {
  override readonly name: string = 'SignatureError'
}

/** A text is not the JSON or XML that it has to be. */
export class MalformedError extends WechatpayError<MalformedCode> {
  override readonly name: string = 'MalformedError'
}

/** A complete response arrived and cannot be read. */
export class MalformedResponseError extends ResponseError<MalformedCode> {
  override readonly name: string = 'MalformedResponseError'
}

/** A verified response arrived, and a field that WeChat Pay encrypted for the merchant does not decrypt. */
export class ResponseDecryptionError extends ResponseError<DecryptionCode> {
  override readonly name: string = 'ResponseDecryptionError'
}

/** An encrypted value does not decrypt. */
export class DecryptionError extends WechatpayError<DecryptionCode> {
  override readonly name: string = 'DecryptionError'

  constructor(message: string, cause?: unknown) {
    super('DECRYPTION_FAILED', message, cause)
  }
}
