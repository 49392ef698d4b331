import { parseJson, stringifyJson } from '../../../core/codec/json.ts'
import { ParameterError } from '../../parameter-error.ts'

/**
 * Replaces fields of a resource; integers beyond 2^53 stay as they are.
 *
 * @throws {ParameterError} JSON cannot represent it
 */
export function replaceFields(resource: object | string, fields: object | undefined): object | string {
  if (fields === undefined) return toStorableResource(resource)
  const original = Object(typeof resource === 'string' ? parseJson(resource) : resource) as object
  return toStorableResource({ ...original, ...fields })
}

/**
 * Converts a resource to a form that the state can store: JSON text if it contains a number that a double cannot represent.
 *
 * @throws {ParameterError} JSON cannot represent it
 */
function toStorableResource(resource: object | string): object | string {
  if (typeof resource === 'string') return resource
  if (typeof resource !== 'object' || resource === null)
    throw new ParameterError(`The resource of a notification is ${resource}; it must be an object or JSON text.`)
  try {
    return hasBigInt(resource) ? stringifyJson(resource) : JSON.parse(JSON.stringify(resource))
  } catch (cause) {
    throw new ParameterError('JSON cannot represent the resource of the notification; pass plain data.', { cause })
  }
}

const hasBigInt = (value: unknown): boolean =>
  typeof value === 'bigint' || (typeof value === 'object' && value !== null && Object.values(value).some(hasBigInt))
