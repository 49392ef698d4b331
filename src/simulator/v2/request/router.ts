import type { Endpoint } from '../../catalogue/catalogue.ts'
import { findEndpoint } from '../../catalogue/find.ts'
import type { RequestTarget } from '../../http/request-url.ts'
import { NginxRefusal } from '../../http/response.ts'
import { ReturnRefusal } from '../refusal.ts'

/**
 * Finds the endpoint of a request.
 *
 * @throws {NginxRefusal} 404 for a path that no definition has, 400 if the endpoint requires a client certificate
 * @throws {ReturnRefusal} the endpoint has another method, or belongs to the sandbox
 */
export function requireEndpoint(method: string, { path }: RequestTarget, hasClientCertificate: boolean): Endpoint {
  // A key of the sandbox that nothing verifies with would only mislead.
  if (SANDBOX.test(path)) throw new ReturnRefusal('模拟器没有沙箱环境，请直接调用正式环境的接口路径')
  const endpoint = findByPath(method, path)
  if (!endpoint) throw new NginxRefusal(404, 'Not Found')
  if (endpoint.mtls && !hasClientCertificate)
    throw new NginxRefusal(400, 'Bad Request', 'No required SSL certificate was sent')
  if (endpoint.method !== method) throw new ReturnRefusal(`请使用${endpoint.method.toLowerCase()}方法`)
  return endpoint
}

/** Matches paths of the sandbox (仿真测试系统), the key's included. */
const SANDBOX = /^\/(?:sandboxnew|xdc\/apiv2sandbox|xdc\/apiv2getsignkey)\//

/** Finds the endpoint of a path by any method, because a path has only one in APIv2 and the error names it. */
function findByPath(method: string, path: string): Endpoint | undefined {
  const match = [method, 'POST', 'GET']
    .map(candidate => findEndpoint(candidate, path))
    .find(found => typeof found === 'object')
  return match?.endpoint.api === 'v2' ? match.endpoint : undefined
}
