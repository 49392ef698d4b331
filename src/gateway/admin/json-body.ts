import { isJsonType } from '../../core/base/cross-site.ts'
import { type MalformedError, parseJson } from '../../core/index.ts'
import { decodeJson } from '../body/decode-json.ts'
import { malformedJson } from '../body/malformed-json.ts'
import { readBody } from '../body/read-body.ts'
import { notJson } from '../caller/cross-site.ts'
import { Refusal } from '../problem.ts'
import type { AdminRequest } from './route.ts'

const MAX_BYTES = 64 * 1024

/**
 * Reads the JSON body of a request.
 *
 * @returns undefined if it is empty
 * @throws {Refusal} 400 `BODY_INVALID`; 415 `CONTENT_TYPE_INVALID`
 */
export async function bodyOf({ c: { req } }: AdminRequest): Promise<unknown> {
  const text = decodeJson(await readBody(req.raw, MAX_BYTES))
  if (text !== '' && !isJsonType(req.header('content-type') ?? null)) throw notJson()
  try {
    return text === '' ? undefined : parseJson(text)
  } catch (error) {
    throw invalidBody(`The body is ${malformedJson(text, error as MalformedError)}.`)
  }
}

export const invalidBody = (detail: string): Refusal => new Refusal({ status: 400, code: 'BODY_INVALID', detail })
