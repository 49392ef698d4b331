import { fromUtf8 } from '../../core/base/bytes.ts'
import { isJsonType } from '../../core/base/cross-site.ts'
import { readBounded } from '../../core/base/read-bounded.ts'
import { parseJson } from '../../core/codec/json.ts'

/** An error response of the control API. */
export class ControlError extends Error {
  override readonly name: string = 'ControlError'
  readonly status: number
  readonly code: string
  /** The message in Chinese, for what WeChat Pay or the shopper refuses. */
  readonly messageZh: string | undefined

  constructor(status: number, code: string, message: string, messageZh?: string) {
    super(message)
    this.status = status
    this.code = code
    this.messageZh = messageZh
  }
}

/** A field of the input of an action. */
export interface InputField {
  readonly kind: 'text' | 'texts' | 'integer' | 'number' | 'boolean' | 'object'
  /** Allowed texts. Default: any text. */
  readonly values?: readonly string[]
  readonly optional?: true
}

/** Input fields of an action, by name. */
export type InputFields = Readonly<Record<string, InputField>>

/** Input of an action. */
// biome-ignore lint/suspicious/noExplicitAny: each action declares the fields that it reads as its `parameters`
export type Input = Readonly<Record<string, any>>

const KINDS: Readonly<Record<InputField['kind'], { expected: string; accepts: (value: unknown) => boolean }>> = {
  text: { expected: 'a text', accepts: value => typeof value === 'string' && value !== '' },
  texts: {
    expected: 'a list of texts',
    accepts: value => Array.isArray(value) && value.every(text => typeof text === 'string' && text !== ''),
  },
  integer: { expected: 'a whole number', accepts: Number.isSafeInteger },
  number: { expected: 'a number', accepts: Number.isFinite },
  boolean: { expected: 'true or false', accepts: value => typeof value === 'boolean' },
  object: {
    expected: 'an object',
    accepts: value => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
}

/** Larger than the input of any action. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads the JSON object in the body of a request. An empty body is an empty object.
 *
 * @throws {ControlError}
 */
export async function readInput(request: Request): Promise<Input> {
  const bytes = await readBounded(request.body, MAX_BYTES)
  if (!bytes) throw new ControlError(413, 'PARAM_ERROR', 'The body is larger than 1 MB.')
  if (bytes.length === 0) return {}
  if (!isJsonType(request.headers.get('content-type'))) throw notJsonError()
  let value: unknown
  try {
    value = parseJson(fromUtf8(bytes))
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new ControlError(400, 'PARAM_ERROR', 'The body is not a JSON object; send one, or no body.')
}

/** Creates the error for a body whose content type is not JSON. */
export const notJsonError = (): ControlError =>
  new ControlError(
    415,
    'CONTENT_TYPE_INVALID',
    'Send JSON with the header "Content-Type: application/json": curl -H content-type:application/json -d …',
  )

/** @throws {ControlError} a field is missing, of another kind, or unknown */
export function checkInput(input: Input, parameters: InputFields): void {
  for (const name of Object.keys(input))
    if (!Object.hasOwn(parameters, name))
      throw new ControlError(
        400,
        'PARAM_ERROR',
        `"${name}" is no field of this action; its fields are: ${Object.keys(parameters).join(', ') || 'none'}.`,
      )
  for (const [name, field] of Object.entries(parameters)) {
    const value = input[name]
    if (value === undefined && field.optional) continue
    if (!KINDS[field.kind].accepts(value) || (field.values && !field.values.includes(value as string)))
      throw new ControlError(400, 'PARAM_ERROR', `"${name}" must be ${expectedValue(field)}.`)
  }
}

/** Describes the accepted values: `a text`, `v3 or v2`. */
export const expectedValue = ({ kind, values }: InputField): string => values?.join(' or ') ?? KINDS[kind].expected
