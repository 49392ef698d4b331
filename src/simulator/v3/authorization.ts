/** The parameters of the header `Authorization`. */
export interface Authorization {
  mchid: string
  nonce_str: string
  timestamp: string
  serial_no: string
  signature: string
}

export const SCHEME = 'WECHATPAY2-SHA256-RSA2048'

const NAMES = ['mchid', 'nonce_str', 'timestamp', 'serial_no', 'signature'] as const
const PARAMETER = /\s*(\w+)="([^"]*)"\s*(?:,|$)/y

/** @returns the parameters, or what is wrong */
export function parseAuthorization(header: string): Authorization | 'malformed' | 'scheme' {
  const space = header.indexOf(' ')
  if (space <= 0) return 'malformed'
  if (header.slice(0, space) !== SCHEME) return 'scheme'
  const text = header.slice(space + 1)
  const found = new Map<string, string>()
  PARAMETER.lastIndex = 0
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text)
    if (!match) return 'malformed'
    found.set(match[1]!, match[2]!)
  }
  const authorization: Partial<Authorization> = {}
  for (const name of NAMES) {
    const value = found.get(name)
    if (!value) return 'malformed'
    authorization[name] = value
  }
  return /^\d{1,15}$/.test(authorization.timestamp!) ? (authorization as Authorization) : 'malformed'
}
