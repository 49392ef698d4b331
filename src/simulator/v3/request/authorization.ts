/** The parameters of the header `Authorization`. */
export interface Authorization {
  readonly mchid: string
  readonly nonce_str: string
  readonly timestamp: string
  readonly serial_no: string
  readonly signature: string
}

export const SCHEME = 'WECHATPAY2-SHA256-RSA2048'

const NAMES = ['mchid', 'nonce_str', 'timestamp', 'serial_no', 'signature'] as const
const PARAMETER = /\s*(\w+)="([^"]*)"\s*(?:,|$)/y

/** @returns the parameters, or `scheme` if the authentication scheme is not APIv3's, or `malformed` */
export function parseAuthorization(header: string): Authorization | 'malformed' | 'scheme' {
  const space = header.indexOf(' ')
  if (space <= 0) return 'malformed'
  if (header.slice(0, space) !== SCHEME) return 'scheme'
  const text = header.slice(space + 1)
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = 0
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text)
    if (!match) return 'malformed'
    parameters.set(match[1]!, match[2]!)
  }
  const authorization: Partial<Record<(typeof NAMES)[number], string>> = {}
  for (const name of NAMES) {
    const value = parameters.get(name)
    if (!value) return 'malformed'
    authorization[name] = value
  }
  return /^\d{1,15}$/.test(authorization.timestamp!) ? (authorization as Authorization) : 'malformed'
}
