import { ResponseError } from '../../core/base/errors.ts'
import { nearestPath } from '../../core/base/nearest-path.ts'
import { METHODS } from '../../definitions/path-tree.ts'
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
  const near = meantPath(method, path)
  // A simulator has said so itself.
  if (near === undefined || error.message.includes(near)) return error
  const { message, exitCode, details } = failureOf(error)!
  return new CommandError(`${message} ${unknownPath(near)}`, exitCode, details)
}

/**
 * Describes what no definition has: the path of a call that is not sent, or its method.
 *
 * @param path as in the definitions, without `/v2`
 * @returns undefined if there is such an endpoint
 */
export function unknownEndpoint(method: string, path: string): string | undefined {
  const found = findEndpoint(method, path)
  if (found === 'no such path') return unknownPath(meantPath(method, path))
  if (found !== 'no such method') return undefined
  const methods = Object.keys(METHODS).filter(other => typeof findEndpoint(other, path) !== 'string')
  return `No definition has ${method} for this path, only ${methods.join(', ')}.`
}

const unknownPath = (near: string | undefined): string =>
  `No definition has this path.${near === undefined ? '' : ` Is ${pathOfCall(near)} meant?`}`

/** Returns the nearest path of the definitions that has the method. */
function meantPath(method: string, path: string): string | undefined {
  const callable = endpointEntries().filter(entry => entry.method === method && !ACCESS_POINT.test(entry.path))
  return nearestPath(
    path,
    callable.map(entry => entry.path),
  )
}

/** The prefix of a path at an access point (接入点) abroad; a call's path does not have it. */
const ACCESS_POINT = /^\/(?:hk|global)\/v3\//

const pathOfCall = (path: string): string => (/^\/(?:v3|brand)\//.test(path) ? path.slice(1) : `v2${path}`)
