import { searchEndpoints } from '../catalogue/search.ts'
import type { Tool } from '../tool.ts'

export const findEndpoint: Tool = {
  name: 'find_endpoint',
  title: 'Find an endpoint',
  description:
    'Searches all 1,213 endpoints of WeChat Pay (APIv3, APIv2 and the brand API) by Chinese or English words, by a part of the path, or by the name of a field. Returns method, path, official title, product and official page, the best first. Call describe_endpoint next.',
  properties: {
    query: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'For example: 小程序下单, refund, profit sharing, v3/bill, out_refund_no.',
    },
    api: {
      type: 'string',
      enum: ['v2', 'v3', 'brand'],
      description: 'Only this API. Default: all, and APIv2 after the others that match alike.',
    },
    limit: { type: 'integer', minimum: 1, maximum: 20, default: 8 },
  },
  required: ['query'],
  reach: 'this process',
  async run({ query, api, limit }) {
    const found = searchEndpoints(query as string, api as string | undefined, (limit as number | undefined) ?? 8)
    return {
      endpoints: found.map(({ endpoint, operation, path, fields }) => ({
        method: endpoint.method,
        path,
        title: operation.summary ?? endpoint.title,
        product: operation.tags?.[0],
        docs: operation.externalDocs?.url,
        ...(operation.deprecated && { deprecated: true }),
        ...(fields.length > 0 && { fields }),
      })),
      ...(found.length === 0 && {
        hint: 'Nothing was found. Use other words, Chinese ones for example, or a part of the path.',
      }),
    }
  },
}
