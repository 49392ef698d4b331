import { ResponseError } from '../../core/base/errors.ts'
import { nearestPath } from '../../core/base/nearest-path.ts'
import { endpointEntries } from '../../simulator/catalogue/catalogue.ts'
import { findEndpoint } from '../../simulator/catalogue/find.ts'
import { CommandError } from '../command.ts'
import { failureOf } from '../failure.ts'

/**
 * Adds the path that was probably meant to the error of a call to a path that WeChat Pay does not have and no definition has.
 *
 * @param path as in the definitions, without `/v2`
 * @returns the error itself if it has another reason, or no path is similar
 */
export function withMeantPath(error: unknown, method: string, path: string): unknown {
  if (!(error instanceof ResponseError) || error.status !== 404) return error
  if (findEndpoint(method, path) !== 'no such path') return error
  const callable = endpointEntries().filter(entry => entry.method === method && !ACCESS_POINT.test(entry.path))
  const near = nearestPath(
    path,
    callable.map(entry => entry.path),
  )
  // A simulator has said so itself.
  if (near === undefined || error.message.includes(near)) return error
  const { message, exitCode, details } = failureOf(error)!
  return new CommandError(`${message} No definition has this path. Is ${pathOfCall(near)} meant?`, exitCode, details)
}

/** The prefix of a path at an access point (接入点) abroad; a call's path does not have it. */
const ACCESS_POINT = /^\/(?:hk|global)\/v3\//

const pathOfCall = (path: string): string => (/^\/(?:v3|brand)\//.test(path) ? path.slice(1) : `v2${path}`)
