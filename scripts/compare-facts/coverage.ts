import { amountFieldsOf } from '../generate/amounts.ts'
import { endpointsOf } from '../generate/endpoint.ts'
import type { Document } from '../generate/openapi.ts'
import { pathOf } from './contradiction.ts'
import type { Node, Nodes } from './node.ts'
import type { Statement } from './statement.ts'

/**
 * Lists the endpoints that move money, carry encrypted fields or require the client certificate, and of which no statement tells
 * anything: what the definitions say of them, only the references they were written from say, too.
 */
export function unwitnessedOf(document: Document, definitions: Nodes, statements: readonly Statement[]): string[] {
  const witnessed = new Set(statements.filter(({ says }) => says).map(({ of }) => pathOf(of)))
  return endpointsOf(document)
    .filter(endpoint => {
      const node = definitions.get(nameOf(endpoint))!
      const movesMoney = endpoint.method !== 'GET' && amountFieldsOf(document, endpoint).length > 0
      return movesMoney || node.facets.mtls === true || isEncrypted(node)
    })
    .map(nameOf)
    .filter(of => !witnessed.has(pathOf(of)))
    .sort()
}

const nameOf = ({ api, method, path }: { api: string; method: string; path: string }): string =>
  `${api} ${method} ${path}`

const isEncrypted = ({ facets, members }: Node): boolean =>
  facets.encrypted !== undefined || [...members.values()].some(isEncrypted)
