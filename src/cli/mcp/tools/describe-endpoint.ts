import { codeKind } from '../../../core/base/service-codes.ts'
import { isIdempotent } from '../../../gateway/relay/repeatable.ts'
import { definedPath, requireEndpoint } from '../catalogue/endpoints.ts'
import { errorCodesOf } from '../catalogue/error-codes.ts'
import { describeFields, describeShape, type FieldRow } from '../catalogue/fields.ts'
import { boundRows, officialPages } from '../catalogue/operation.ts'
import { METHOD, PATH, type Tool } from '../tool.ts'

/** The consequence of a code for the call, by the kind that the library gives it. */
const CONSEQUENCES = {
  again: 'The outcome is unknown. Repeat the same parameters with the same number, or query.',
  query: 'The outcome is unknown. Query before anything else.',
  pending: 'The shopper is paying. Query until it is settled.',
  limited: 'Nothing was done. Repeat the same parameters after a pause.',
  later: 'Nothing was done. The same parameters succeed once the cause is removed.',
  absent: 'Nothing was done: there is no such object, or not yet.',
  refused: 'Nothing was done. The same parameters are refused again.',
} as const

export const describeEndpoint: Tool = {
  name: 'describe_endpoint',
  title: 'Describe an endpoint',
  description:
    'Returns what an endpoint of WeChat Pay accepts and returns: every parameter and field with type, official label, whether it is required, values and limits; official pages; error codes and what they mean for the call; how to call it with wechatpay-edge.',
  properties: {
    method: METHOD,
    path: {
      ...PATH,
      description: 'Path with its placeholders or filled in: v3/refund/domestic/refunds, v2/pay/orderquery.',
    },
    message: { type: 'string', enum: ['request', 'response', 'both'], default: 'both' },
    within: {
      type: 'string',
      maxLength: 200,
      description: 'Only the fields whose dotted name begins so: amount. Use it if a description is cut.',
    },
  },
  required: ['method', 'path'],
  reach: 'this process',
  async run({ method, path: given, message = 'both', within = '' }) {
    const { endpoint, operation, path } = requireEndpoint(method as string, given as string)
    const { parameters, upload, kind, api } = endpoint
    const bounded = (rows: readonly FieldRow[]) =>
      boundRows(rows.filter(({ name }) => name.startsWith(within as string)))
    const showsRequest = message !== 'response'
    const showsResponse = message !== 'request'
    const isRepeatable = isIdempotent(endpoint.method, `/${path}`, undefined)
    return {
      method: endpoint.method,
      path,
      api,
      title: operation.summary ?? endpoint.title,
      product: operation.tags?.[0],
      docs: officialPages(operation),
      ...(operation.deprecated && { deprecated: operation['x-retired'] ? `retired ${operation['x-retired']}` : true }),
      ...(operation['x-ip-allow-list'] && {
        listedAddressesOnly: 'WeChat Pay accepts this call only from the IP addresses that the merchant has listed.',
      }),
      ...(operation['x-mtls'] && {
        clientCertificate: 'The call presents the merchant’s client certificate (双向证书).',
      }),
      ...(operation['x-settled-by'] && { query: operation['x-settled-by'] }),
      call: callOf(endpoint.method, path),
      ...(showsRequest && {
        request: {
          path: describeFields(parameters.path),
          query: bounded(describeFields(parameters.query)),
          ...(parameters.header.length > 0 && { headers: describeFields(parameters.header) }),
          body: bounded(describeShape(endpoint.body)),
          ...(upload && { file: upload }),
        },
      }),
      ...(showsResponse && {
        response: kind === 'json' || kind === 'xml' ? bounded(describeShape(endpoint.response)) : kind,
      }),
      ...(endpoint.method !== 'GET' && {
        repetition: isRepeatable
          ? 'A second call changes nothing more.'
          : 'Choose the merchant’s own number (out_trade_no, out_refund_no, …) before the first attempt, store it, and repeat with the same number only.',
      }),
      errors: errorCodesOf(`${endpoint.method} ${definedPath(path)}`).map(row => {
        const meaning = codeKind(row.code)
        return { ...row, ...(meaning && { consequence: CONSEQUENCES[meaning] }) }
      }),
    }
  },
}

/** Returns the call in TypeScript. */
function callOf(method: string, path: string): string {
  const chain = path
    .split('/')
    .map(segment => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1]
      return name ? `_${name}_` : segment.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    })
    .map(segment => (/^[A-Za-z_]\w*$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`))
    .join('')
  const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const hasBody = !['GET', 'DELETE'].includes(method)
  const options = [...placeholders, ...(hasBody ? [] : ['params: { … }'])].join(', ')
  const parameters = hasBody ? [`{ … }`, ...(placeholders.length > 0 ? [`{ ${options} }`] : [])] : [`{ ${options} }`]
  return `wxpay${chain}.${method.toLowerCase()}(${parameters.join(', ')})`
}
