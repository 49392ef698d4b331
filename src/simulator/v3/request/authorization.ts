import { SCHEMES, type SignedApi } from '../../keys/signer.ts'

/** The parameters of the header `Authorization`. */
export interface Authorization {
  /** `mchid`, or `brand_id` in the brand API. */
  readonly id: string
  readonly nonce_str: string
  readonly timestamp: string
  readonly serial_no: string
  readonly signature: string
}

const NAMES = ['nonce_str', 'timestamp', 'serial_no', 'signature'] as const
const PARAMETER = /\s*(\w+)="([^"]*)"\s*(?:,|$)/y

/** @returns the parameters, or `scheme` if the authentication scheme is not that of the API, or `malformed` */
export function parseAuthorization(header: string, api: SignedApi): Authorization | 'malformed' | 'scheme' {
  const space = header.indexOf(' ')
  if (space <= 0) return 'malformed'
  const scheme = SCHEMES[api]
  if (header.slice(0, space) !== scheme.name) return 'scheme'
  const text = header.slice(space + 1)
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = 0
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text)
    if (!match) return 'malformed'
    parameters.set(match[1]!, match[2]!)
  }
  const authorization: Partial<Record<keyof Authorization, string>> = {}
  for (const [member, name] of [['id', scheme.id] as const, ...NAMES.map(each => [each, each] as const)]) {
    const value = parameters.get(name)
    if (!value) return 'malformed'
    authorization[member] = value
  }
  return /^\d{1,15}$/.test(authorization.timestamp!) ? (authorization as Authorization) : 'malformed'
}
