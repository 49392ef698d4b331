import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Parts of an operation of the OpenAPI description that the tools show. */
export interface Operation {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly deprecated?: boolean
  readonly externalDocs?: { readonly url: string }
  readonly servers?: readonly { readonly url: string }[]
  readonly 'x-docs'?: readonly string[]
  readonly 'x-settled-by'?: string
  readonly 'x-retired'?: string
  readonly 'x-ip-allow-list'?: boolean
  readonly 'x-mtls'?: boolean
}

/** The OpenAPI description of the whole API, `wechatpay-edge/openapi.json`. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>
}

const self = fileURLToPath(import.meta.url)
/** The folder of the files that are inside a single-file executable, on POSIX and on Windows. */
const EMBEDDED_ROOT = /^(?:\/\$bunfs|[A-Z]:\\~BUN)[\\/]root(?=[\\/])/.exec(self)?.[0]
/** The folder of the package, which the package finds by its own name. */
export const PACKAGE_ROOT: string = EMBEDDED_ROOT ?? dirname(createRequire(self).resolve('wechatpay-edge/package.json'))

let description: OpenApi | undefined

/** Reads the OpenAPI description at its first use. */
export function openApi(): OpenApi {
  description ??= JSON.parse(readFileSync(join(PACKAGE_ROOT, descriptionFile()), 'utf8')) as OpenApi
  return description
}

function descriptionFile(): string {
  if (EMBEDDED_ROOT !== undefined) return 'openapi.json'
  return self.startsWith(join(PACKAGE_ROOT, 'src')) ? 'src/definitions/generated/openapi.json' : 'dist/openapi.json'
}

let personal: ReadonlySet<string> | undefined

/** Fields of responses that grant access: the key of APIv2's sandbox, tokens, the session of a face scan. */
const SECRET_FIELDS = ['sandbox_signkey', 'access_token', 'refresh_token', 'authinfo']

/** Returns the names of fields whose values no result shows, unless they come from the simulator. */
export const hiddenFields = (): ReadonlySet<string> => new Set([...personalFields(), ...SECRET_FIELDS])

/** Returns the names of all fields that a definition marks as personal or encrypted. */
export function personalFields(): ReadonlySet<string> {
  if (personal) return personal
  personal = collectFields(schema => 'x-personal' in schema || 'x-encrypted' in schema)
  return personal
}

type Schema = Readonly<Record<string, unknown>>

function collectFields(isMarked: (schema: Schema) => boolean): ReadonlySet<string> {
  const names = new Set<string>()
  collectMarked(openApi(), undefined, isMarked, names)
  return names
}

/** @param name of the property whose schema the value is; undefined outside a schema */
function collectMarked(
  value: unknown,
  name: string | undefined,
  isMarked: (schema: Schema) => boolean,
  names: Set<string>,
): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const member of value) collectMarked(member, name, isMarked, names)
    return
  }
  if (name !== undefined && isMarked(value as Schema)) names.add(name)
  for (const [key, member] of Object.entries(value)) {
    if (key === 'properties')
      for (const [property, schema] of Object.entries(member as object))
        collectMarked(schema, property, isMarked, names)
    else collectMarked(member, SAME_SCHEMA.has(key) ? name : undefined, isMarked, names)
  }
}

/** Keywords whose value describes the property itself. */
const SAME_SCHEMA: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'items'])
