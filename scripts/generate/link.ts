import { limitProblem } from './limits.ts'
import { componentName } from './names.ts'
import { type Document, EXTENSIONS, type Schema } from './openapi.ts'
import type { Path, Problems, Source } from './source.ts'

/** A definition file with its references rewritten. */
export interface Linked {
  source: Source
  document: Document
}

/** Rewrites the references of a file for the bundled document, and checks its extensions. */
export class Linker {
  readonly #sources: ReadonlyMap<string, Source>
  readonly #problems: Problems

  constructor(sources: readonly Source[], problems: Problems) {
    this.#sources = new Map(sources.map(source => [source.file, source]))
    this.#problems = problems
  }

  link(source: Source): Document {
    return this.#walk(source, [], source.document, false) as Document
  }

  /** @param named whether the keys are names chosen by the author, rather than words of OpenAPI */
  #walk(source: Source, path: Path, value: unknown, named: boolean): unknown {
    if (Array.isArray(value)) return value.map((item, at) => this.#walk(source, [...path, at], item, false))
    if (typeof value !== 'object' || value === null) return value
    const result: Record<string, unknown> = {}
    for (const [key, child] of Object.entries(value)) {
      const at = [...path, key]
      if (!named && key === '$ref') result[key] = this.#reference(source, at, child)
      else {
        if (!named && key.startsWith('x-')) this.#extension(source, at, key, value)
        if (!named && key === 'contentSchema') this.#content(source, at, value)
        const limit = named ? undefined : limitProblem(key, value)
        if (limit) this.#problems.add(source, at, `${key} ${String(child)} ${limit}`)
        result[key] = this.#walk(source, at, child, !named && (key === 'properties' || key === 'patternProperties'))
      }
    }
    return result
  }

  #reference(source: Source, at: Path, reference: unknown): string {
    const match = /^([^#]*)#\/components\/(\w+)\/([\w.-]+)$/.exec(String(reference))
    const [, relative = '', section = '', name = ''] = match ?? []
    const file = relative === '' ? source.file : new URL(relative, `file:///${source.file}`).pathname.slice(1)
    const components = this.#sources.get(file)?.document.components as
      | Record<string, Record<string, unknown>>
      | undefined
    if (!match || components?.[section]?.[name] === undefined) {
      this.#problems.add(source, at, `$ref ${String(reference)} has no target`)
    }
    return `#/components/${section}/${componentName(file, name)}`
  }

  /** Checks that a string with content names a known media type. */
  #content(source: Source, at: Path, { contentMediaType: type }: Schema): void {
    if (!CONTENTS.includes(type)) this.#problems.add(source, at, `contentSchema of unknown contentMediaType ${type}`)
  }

  #extension(source: Source, at: Path, key: string, schema: object): void {
    const value = (schema as Readonly<Record<string, unknown>>)[key]
    const allowed = EXTENSIONS[key]
    if (allowed === undefined) this.#problems.add(source, at, `unknown extension ${key}`)
    else if (!admits(allowed, value, schema))
      this.#problems.add(source, at, `${key} cannot be ${JSON.stringify(value)}`)
    else if (PLACES[key]?.isAt(at, schema) === false)
      this.#problems.add(source, at, `${key} is for ${PLACES[key].name}`)
  }
}

interface Place {
  readonly name: string
  readonly isAt: (at: Path, owner: object) => boolean
}
const FILE: Place = { name: 'a file, of format binary', isAt: (_, owner: Schema) => owner.format === 'binary' }

/** Extensions that would have no effect in another place. */
const PLACES: Readonly<Record<string, Place>> = {
  'x-file-kinds': FILE,
  'x-max-bytes': FILE,
  'x-question': { name: 'a notification', isAt: ([section]) => section === 'webhooks' },
  'x-rate': { name: 'an endpoint', isAt: ([section, , , ...rest]) => section === 'paths' && rest.length === 1 },
}

const CONTENTS: readonly unknown[] = ['application/json', 'application/x-www-form-urlencoded', 'text/xml']

/** The members of an error; the status is not always documented. */
const ERROR: readonly string[] = ['status', 'code', 'description']

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** @param schema the object that has the extension */
function admits(allowed: (typeof EXTENSIONS)[string], value: unknown, schema: object): boolean {
  if (allowed === true) return value === true
  if (allowed === 'count') return Number.isSafeInteger(value) && Number(value) > 0
  if (allowed === 'urls') return Array.isArray(value) && value.every(url => URL.canParse(String(url)))
  if (allowed === 'keywords')
    return Array.isArray(value) && value.length > 0 && value.every(name => Object.hasOwn(schema, String(name)))
  if (allowed === 'texts') return isObject(value) && Object.values(value).every(text => typeof text === 'string')
  if (allowed === 'errors')
    return (
      Array.isArray(value) &&
      value.every(error => isObject(error) && Object.keys(error).every(name => ERROR.includes(name)))
    )
  if (allowed instanceof RegExp) return typeof value === 'string' && allowed.test(value)
  if ('items' in allowed) return Array.isArray(value) && value.every(item => allowed.items.includes(String(item)))
  if ('members' in allowed) return isObject(value) && Object.keys(value).every(name => allowed.members.includes(name))
  return allowed.includes(String(value))
}
