import { nearestPath } from '../../../core/base/nearest-path.ts'
import { type Endpoint, endpointEntries } from '../../catalogue/catalogue.ts'
import { findEndpoint } from '../../catalogue/find.ts'
import { paramError, V3Refusal } from '../refusal.ts'
import type { ReceivedRequest } from './received-request.ts'

export interface Match {
  readonly endpoint: Endpoint
  /** Parameters of the path, decoded. */
  readonly path: Readonly<Record<string, string>>
}

/**
 * Finds the endpoint of a request.
 *
 * @throws {V3Refusal} 404 for a path that no definition has, 405 for a method that none of its definitions has
 */
export function requireEndpoint({ method, target }: ReceivedRequest): Match {
  const match = findEndpoint(method, target.path)
  if (match === 'no such path') throw unknownPath(target.path)
  if (match === 'no such method') throw new V3Refusal(405, 'METHOD_NOT_ALLOWED', 'Http请求方法不正确，请检查请求方法')
  const decoded = Object.entries(match.path).map(([name, value]) => [name, decode(name, value)])
  return { endpoint: match.endpoint, path: Object.fromEntries(decoded) }
}

/** The message is the service's own; the path that is probably meant stands in the detail. */
function unknownPath(path: string): V3Refusal {
  const near = nearestPath(
    path,
    endpointEntries().map(entry => entry.path),
  )
  const detail =
    near === undefined
      ? undefined
      : { field: 'url', issue: `no definition has this path. Is ${near} meant?`, location: 'url' }
  return new V3Refusal(404, 'RESOURCE_NOT_EXISTS', '接口不存在，请检查请求的URL', detail)
}

function decode(field: string, segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw paramError('参数错误，请求的URL编码不正确', {
      field,
      issue: 'not percent-encoded UTF-8',
      location: 'uri_template',
    })
  }
}
