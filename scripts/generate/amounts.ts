import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import type { Document, Schema } from './openapi.ts'

/**
 * Writes `amounts.ts`: where in a request its amounts stand, for every endpoint that is no GET. The gateway caps them, and
 * what has one moves money.
 */
export function writeAmounts(document: Document, endpoints: readonly Endpoint[]): string {
  const lines = endpoints
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => {
      const fields = body ? [...fieldsOf(document, body.schema)] : []
      const paths = new Set(fields.filter(([path, field]) => isAmount(path, field)).map(([path]) => path))
      return [method, path, ...[...paths].filter(one => !isOfWhatIsRefunded(one, paths))].join(' ')
    })
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** An endpoint a line: method, path, and the dotted paths of its amounts. */',
    `export const AMOUNTS: string = \`\n${lines.sort().join('\n')}\n\``,
    '',
  ].join('\n')
}

/** 金额 is an amount, 费用 a fee, 总价 the price of all. 单价, the price of one thing, is a part of them. */
const TITLE = /金额|费用|总价/
const NAME = /(?:^|[._])(?:amount|fee|total|refund)$/

const isAmount = (path: string, { type, description = '' }: Schema): boolean =>
  [type].flat().some(one => one === 'integer' || one === 'number') && (TITLE.test(description) || NAME.test(path))

/** A refund tells the amount of its order too, which does not move. */
const REFUNDED: Readonly<Record<string, string>> = { total: 'refund', total_fee: 'refund_fee' }

function isOfWhatIsRefunded(path: string, paths: ReadonlySet<string>): boolean {
  const [, around = '', name = ''] = /^(.*\.)?(\w+)$/.exec(path) ?? []
  return Object.hasOwn(REFUNDED, name) && paths.has(around + REFUNDED[name])
}
