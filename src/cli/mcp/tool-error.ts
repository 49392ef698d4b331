export type ToolErrorCode =
  | 'BUSY'
  | 'CALL_IN_DOUBT'
  | 'ENDPOINT_UNKNOWN'
  | 'EVENT_UNKNOWN'
  | 'GATEWAY_MISSING'
  | 'GATEWAY_REFUSED'
  | 'IDEMPOTENCY_KEY_MISSING'
  | 'INPUT_INVALID'
  | 'INPUT_TOO_LARGE'
  | 'KEYS_MISSING'
  | 'PATH_INVALID'
  | 'RESPONSE_IS_FILE'
  | 'SIGNATURE_NOT_FOUND'
  | 'SIMULATOR_FULL'
  | 'SIMULATOR_REFUSED'
  | 'WECHATPAY_REFUSED'
  | 'WRITES_REFUSED'

/** A refusal by a tool. The message says what is wrong, and `cure` what to do. */
export class ToolError extends Error {
  override readonly name: string = 'ToolError'
  readonly code: ToolErrorCode
  readonly cure: string
  /** Further facts, such as the code of the gateway or of WeChat Pay. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ToolErrorCode, message: string, cure: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.cure = cure
    this.details = details
  }
}
