import {
  CallError,
  ConfigurationError,
  ResponseError,
  ServiceError,
  TransportError,
  WechatpayError,
} from '../core/errors.ts'
import { GatewayConfigurationError } from '../gateway/config/problem.ts'
import { CommandError } from './command.ts'
import { plain } from './terminal.ts'

/** The message of a command that failed, and its exit code. */
export interface Failure {
  readonly message: string
  readonly exitCode: 1 | 2
  /** For programs, beside the message. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** The variables in which the library's options are set at a terminal. */
const VARIABLES: Readonly<Record<string, string>> = {
  mchid: 'WECHATPAY_MCHID',
  serial: 'WECHATPAY_SERIAL',
  certificate: 'WECHATPAY_CERTIFICATE',
  privateKey: 'WECHATPAY_PRIVATE_KEY',
  apiv3Key: 'WECHATPAY_APIV3_KEY',
  apiv2Key: 'WECHATPAY_APIV2_KEY',
  baseUrl: 'WECHATPAY_BASE_URL',
  platformKeys: 'WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID',
  mtlsFetch: 'WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY',
}

/** Describes an error to the user of the command; undefined for a fault of this program. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommandError) return { message: plain(error.message), exitCode: error.exitCode, facts: {} }
  if (!(error instanceof WechatpayError)) return undefined
  const { code } = error
  // Its options are variables already, and each of its lines is another mistake.
  if (error instanceof GatewayConfigurationError)
    return {
      message: error.message.split('\n').map(plain).join('\n'),
      exitCode: 1,
      facts: { code, problems: error.problems },
    }
  const message = plain(messageOf(error))
  const facts = { code, ...factsOf(error) }
  return { message, exitCode: error instanceof CallError ? 2 : 1, facts }
}

/** The library's words, with the variables for its options. */
export function messageOf(error: Error): string {
  const { message } = error
  if (error instanceof ConfigurationError) {
    const { option } = error
    const [name, id] = option.split(/\.(.*)/s)
    // A certificate given by its serial came from a file; its serial says from which.
    const variable = id && /^[0-9A-F]+$/i.test(id) ? `wechatpay_${id}.pem` : variableOf(name!)
    if (name === 'mtlsFetch') return `${variable} are needed: this call requires the client certificate (双向证书).`
    if (message.startsWith(`${option}: `)) return inVariables(variable + message.slice(option.length))
  }
  if (error instanceof ServiceError && error.detail !== undefined)
    return `${message} ${JSON.stringify(error.detail, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`
  return inVariables(message)
}

const variableOf = (option: string): string => VARIABLES[option] ?? option
const inVariables = (text: string): string =>
  text.replace(/"(\w+)"/g, (quoted, name: string) => (Object.hasOwn(VARIABLES, name) ? VARIABLES[name]! : quoted))

function factsOf(error: WechatpayError): object {
  if (error instanceof ConfigurationError) return { variable: variableOf(error.option.replace(/\..*/s, '')) }
  if (error instanceof CallError) return { field: error.field }
  if (error instanceof TransportError) return { mayHaveTakenEffect: error.mayHaveTakenEffect }
  if (!(error instanceof ResponseError)) return {}
  const { status, requestId, mayHaveTakenEffect } = error
  const service =
    error instanceof ServiceError
      ? {
          serviceCode: error.serviceCode,
          serviceMessage: error.serviceMessage,
          detail: error.detail,
          verifiedBy: error.verifiedBy,
        }
      : {}
  return { status, requestId, mayHaveTakenEffect, ...service }
}
