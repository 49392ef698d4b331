import type { Attributes } from '@opentelemetry/api'

/**
 * Names of the semantic conventions for HTTP, and of this library's own attributes.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export const METHOD = 'http.request.method'
export const STATUS = 'http.response.status_code'
export const RESEND_COUNT = 'http.request.resend_count'
export const ROUTE = 'http.route'
export const ERROR_TYPE = 'error.type'
export const TEMPLATE = 'url.template'
export const SCHEME = 'url.scheme'
export const MCHID = 'wechatpay.mchid'
export const BRAND_ID = 'wechatpay.brand_id'
export const REQUEST_ID = 'wechatpay.request_id'
export const VERIFIED_BY = 'wechatpay.verified_by'
export const MAY_HAVE_TAKEN_EFFECT = 'wechatpay.may_have_taken_effect'
export const CALL_ID = 'wechatpay.call_id'
export const EVENT = 'wechatpay.event'

/** The methods that the conventions know; any other is `_OTHER`, because anybody can invent one. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']
export const methodOf = (method: string): string => (METHODS.includes(method) ? method : '_OTHER')
/** Returns the beginning of a span's name. */
export const verbOf = (method: string): string => (METHODS.includes(method) ? method : 'HTTP')

/** Splits a host with or without a port into the attributes of a server. */
export function serverOf(host: string, port = 443): Attributes {
  const [, address = host, explicit] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  return { 'server.address': address, 'server.port': explicit === undefined ? port : Number(explicit) }
}
