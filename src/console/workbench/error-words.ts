import { ConfigurationError, type WechatpayError } from '../../core/base/errors.ts'

/** Sentences for an error of the library: what is wrong, and what to do. */
export type ErrorWords = (error: WechatpayError) => readonly [what: string, fix: string]

const OPTIONS_EN: Readonly<Record<string, string>> = {
  apiv3Key: 'APIv3 key (APIv3 密钥)',
  apiv2Key: 'APIv2 key (API 密钥)',
  'brand.apiKey': 'API key of the brand (品牌 API 密钥)',
}
const OPTIONS_ZH: Readonly<Record<string, string>> = {
  apiv3Key: 'APIv3 密钥',
  apiv2Key: 'APIv2 密钥',
  'brand.apiKey': '品牌 API 密钥',
}

const optionOf = (error: WechatpayError): string => (error instanceof ConfigurationError ? error.option : '')

export const errorWordsEn: ErrorWords = error => {
  const option = OPTIONS_EN[optionOf(error)] ?? 'key'
  const words: Readonly<Record<string, readonly [string, string]>> = {
    OPTION_MISSING: [`The ${option} is not given`, 'Enter it under Keys'],
    DECRYPTION_FAILED: [
      'No given key decrypts it',
      'Compare the key with the merchant platform (商户平台 → API 安全); a field needs the private key of the certificate that was valid at the time',
    ],
    NOT_XML: ['It is not complete XML', 'Paste it completely, as received'],
    NOT_JSON: ['It is not complete JSON, or it is nested too deeply', 'Paste it completely, as received'],
    PEM_ENCRYPTED: ['The private key is encrypted', 'Decrypt it first: openssl pkcs8 -topk8 -nocrypt'],
    PEM_INVALID: ['It is not a complete PEM of an RSA key', 'Paste the whole file, from -----BEGIN to END-----'],
    PEM_WRONG_KIND: ['It is PEM of another kind', 'Paste a certificate, a public key or a private key'],
  }
  return words[error.code] ?? [error.message.replace(/\.$/, ''), '']
}

export const errorWordsZh: ErrorWords = error => {
  const option = OPTIONS_ZH[optionOf(error)] ?? '密钥'
  const words: Readonly<Record<string, readonly [string, string]>> = {
    OPTION_MISSING: [`没有提供${option}`, '请在“密钥”中填写'],
    DECRYPTION_FAILED: [
      '所提供的密钥都无法解密',
      '请核对商户平台 → API 安全中的密钥；敏感字段要用加密时证书对应的私钥',
    ],
    NOT_XML: ['不是完整的 XML', '请按收到的原文完整粘贴'],
    NOT_JSON: ['不是完整的 JSON，或嵌套过深', '请按收到的原文完整粘贴'],
    PEM_ENCRYPTED: ['私钥有口令加密', '请先解密：openssl pkcs8 -topk8 -nocrypt'],
    PEM_INVALID: ['不是完整的 RSA 密钥 PEM', '请粘贴整个文件，从 -----BEGIN 到 END-----'],
    PEM_WRONG_KIND: ['是其他类型的 PEM', '请粘贴证书、公钥或私钥'],
  }
  return words[error.code] ?? [error.message.replace(/\.$/, ''), '']
}
