import type { V3Refusal } from '../refusal.ts'

/** Languages of responses (应答的语种), the default first. */
const LANGUAGES = ['zh-CN', 'en', 'zh-HK', 'zh-TW'] as const
export type Language = (typeof LANGUAGES)[number]

/** English messages of the common error codes (公共错误码); a code without one has its Chinese message. */
const ENGLISH: Readonly<Record<string, string>> = {
  PARAM_ERROR: 'Parameter error',
  INVALID_REQUEST: 'The request does not comply with the rules of the API',
  SIGN_ERROR: 'Signature verification failed',
  NO_AUTH: 'No permission',
  NOT_ENOUGH: 'Insufficient balance',
  ORDER_NOT_EXIST: 'The order does not exist',
  OUT_TRADE_NO_USED: 'The merchant order number is already in use',
  ORDERPAID: 'The order has been paid',
  ORDER_CLOSED: 'The order is closed',
  RESOURCE_NOT_EXISTS: 'The resource does not exist',
  NOT_FOUND: 'The record does not exist',
  METHOD_NOT_ALLOWED: 'The HTTP method is not allowed',
  FREQUENCY_LIMITED: 'Too many requests, try again later',
  SYSTEM_ERROR: 'System error, call again with the same parameters',
}

/**
 * Returns the language of a response.
 *
 * @param accepted `Accept-Language` of the request
 * @see https://pay.weixin.qq.com/docs/merchant/development/interface-rules/basic-rules.html
 */
export function languageOf(accepted: string | null): Language {
  const ranges = (accepted ?? '').split(',').map(range => {
    const [tag = '', quality] = range.split(';q=')
    return { tag: tag.trim().toLowerCase(), quality: Number(quality ?? 1) }
  })
  const [preferred] = ranges
    .sort((one, other) => other.quality - one.quality)
    .flatMap(({ tag, quality }) => (quality > 0 ? [LANGUAGES.find(language => matches(language, tag))] : []))
    .filter(language => language !== undefined)
  return preferred ?? LANGUAGES[0]
}

/** Matches `en-US` to `en`, and `zh` to the first Chinese. */
const matches = (language: Language, tag: string): boolean =>
  language.toLowerCase() === tag || tag.startsWith(`${language}-`) || language.startsWith(`${tag}-`)

/** Returns the message of a refusal in a language, or in Chinese where there is none in English. */
export function messageIn(language: Language, { code, message, detail }: V3Refusal): string {
  const english = language === 'en' ? ENGLISH[code] : undefined
  if (english === undefined) return message
  return detail?.field ? `${english}: ${detail.field}: ${detail.issue}` : english
}
