import { parseJson } from '../../../core/codec/json.ts'
import { ToolError } from '../tool-error.ts'

/**
 * Reads the body of a call, given as an object or as JSON text.
 *
 * @throws {ToolError} `INPUT_INVALID`
 */
export function readBody(method: string, body: unknown): unknown {
  if (method === 'GET' && body !== undefined)
    throw new ToolError('INPUT_INVALID', 'A GET has no body.', 'Give its parameters in "query".')
  if (typeof body !== 'string') return body
  try {
    return parseJson(body)
  } catch {
    throw new ToolError('INPUT_INVALID', '"body" is text, but not JSON.', 'Give an object, or complete JSON text.')
  }
}
