import type { Api } from './openapi.ts'

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

/** `pre-order`, `out_trade_no` → `PreOrder`, `OutTradeNo`. */
export const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map(capital)
    .join('')

/** `REFUND.SUCCESS`, `refund-processed` → `RefundSuccess`, `RefundProcessed`. */
const eventWords = (event: string): string => pascal(event === event.toUpperCase() ? event.toLowerCase() : event)

/** The segments of a path below its API: `/v3/pay/transactions` and `/pay/transactions` are alike `pay`, `transactions`. */
export const segmentsOf = (path: string): string[] =>
  path.split('/').filter((part, at) => part !== '' && !(at === 1 && part === 'v3'))

/** `{out_trade_no}` → `out_trade_no`; `undefined` for a literal segment. */
export const placeholder = (segment: string): string | undefined => /^\{(.+)\}$/.exec(segment)?.[1]

/** The names of a path's placeholders. */
export const placeholders = (path: string): string[] => path.split('/').flatMap(segment => placeholder(segment) ?? [])

/**
 * A path in which no placeholder has a name, without a slash at its end: what two paths that match the same URLs have in common.
 */
export const erased = (path: string): string => path.replace(/\{[^}]+\}/g, '{}').replace(/\/$/, '')

/** API, path and method, in this order: `v3` + `PayTransactionsJsapi` + `Post`. */
export const operationId = (api: Api, path: string, method: string): string =>
  api + segmentsOf(path).map(pascal).join('') + capital(method.toLowerCase())

/**
 * API, event, `Notification`: `v3RefundSuccessNotification`. What APIv2 has for events are each product's own, and are
 * named with it: `v2RentTransactionSuccessNotification`, beside `v2TransactionSuccessNotification` for `transaction-success`.
 */
export function notificationId(api: Api, file: string, event: string): string {
  const product = api === 'v2' && event === event.toUpperCase() ? pascal(file.replace(/^.*\/|\.yaml$/g, '')) : ''
  return `${api}${product}${eventWords(event)}Notification`
}

/** Returns the name of a shared shape in the whole description: API, file (unless it is `common` or begins the name already), own name. */
export function componentName(file: string, name: string): string {
  const [api = '', base = ''] = file.replace(/\.yaml$/, '').split('/')
  const product = base === 'common' || name.startsWith(pascal(base)) ? '' : pascal(base)
  return capital(api) + product + name
}

/** The name of the types of an operation: `V3PayTransactionsJsapiPost`. */
export const typeName = (id: string): string => capital(id)

/** How a chain writes a literal segment: `pre-order` → `preOrder`; underscores and capitals stay. */
export const chained = (segment: string): string =>
  segment.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Converts a property as a chain does by default: each capital becomes `-` and its lower case. */
export const unchained = (property: string): string => property.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** A property name as TypeScript writes it. */
export const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))

export const quoted = (text: string): string =>
  `'${text.replace(/[\\']/g, character => `\\${character}`).replaceAll('\n', '\\n')}'`
