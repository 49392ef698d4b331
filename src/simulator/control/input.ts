import { fromUtf8 } from '../../core/bytes.ts'
import { parseJson } from '../../core/codec/json.ts'
import { isJsonType } from '../../core/cross-site.ts'
import { readBounded } from '../../core/read-bounded.ts'

/** Why a control is refused: it becomes the answer. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A field of what an action takes; one of few texts where `of` names them. */
export interface Field {
  readonly kind: 'text' | 'integer' | 'number' | 'object'
  readonly of?: readonly string[]
  readonly optional?: true
}

/** What an action takes, by name. */
export type Takes = Readonly<Record<string, Field>>

/** What it was given, checked. */
// biome-ignore lint/suspicious/noExplicitAny: each action names in `takes` what it reads
export type Given = Readonly<Record<string, any>>

const FITS: Readonly<Record<Field['kind'], { due: string; fits: (value: unknown) => boolean }>> = {
  text: { due: 'a text', fits: value => typeof value === 'string' && value !== '' },
  integer: { due: 'a whole number', fits: Number.isSafeInteger },
  number: { due: 'a number', fits: Number.isFinite },
  object: { due: 'an object', fits: value => typeof value === 'object' && value !== null && !Array.isArray(value) },
}

/** More than any control needs. */
const MOST_BYTES = 1024 * 1024

/**
 * Reads the JSON object that a request carries. An empty body is an empty object.
 *
 * @throws {Refused}
 */
export async function readInput(request: Request): Promise<Given> {
  const bytes = await readBounded(request.body, MOST_BYTES)
  if (!bytes) throw new Refused(413, 'PARAM_ERROR', 'The body is larger than 1 MB.')
  if (bytes.length === 0) return {}
  if (!isJsonType(request.headers.get('content-type'))) throw notJson()
  let value: unknown
  try {
    value = parseJson(fromUtf8(bytes))
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Refused(400, 'PARAM_ERROR', 'The body is not a JSON object.')
}

/** The body is not said to be JSON. */
export const notJson = (): Refused =>
  new Refused(
    415,
    'CONTENT_TYPE_INVALID',
    'Send JSON with the header "Content-Type: application/json": curl -H content-type:application/json -d …',
  )

/** @throws {Refused} a field that is missing, of another kind, or not known */
export function checkInput(given: Given, takes: Takes): void {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(takes, name))
      throw new Refused(
        400,
        'PARAM_ERROR',
        `There is no "${name}" here; there is: ${Object.keys(takes).join(', ') || 'nothing'}.`,
      )
  for (const [name, field] of Object.entries(takes)) {
    const value = given[name]
    if (value === undefined && field.optional) continue
    if (!FITS[field.kind].fits(value) || (field.of && !field.of.includes(value as string)))
      throw new Refused(400, 'PARAM_ERROR', `"${name}" is to be ${due(field)}.`)
  }
}

/** In words: `a text`, `v3 or v2`. */
export const due = ({ kind, of }: Field): string => of?.join(' or ') ?? FITS[kind].due
