import type { Node, Nodes } from './node.ts'

/**
 * The outline of an endpoint or a notification, with a text for every field. It is compared exactly and in both
 * directions, so that no definition changes by accident: names, types, and whether fields are required, encrypted or
 * personal.
 */
export interface Outline {
  of: string
  /** Facts of the endpoint itself: kind of its response, `mtls`, `nonceless`, access points. */
  is?: string
  path?: Fields
  query?: Fields
  headers?: Fields
  body?: Fields
  answer?: Fields
}

/**
 * Fields by name. Their text is the type, `!` if required, the encryption, `personal`, and in requests all values:
 * `string! rsa`, `string =MD5|HMAC-SHA256`.
 */
export interface Fields {
  [name: string]: string | Fields
}

/** The name of the text of a field that has members. */
const ITSELF = ''

/** A place where an outline and the definitions differ. */
export interface Drift {
  of: string
  at: string
  /** Absent if only the definitions have the place. */
  outline?: string
  /** Absent if only the outline has the place. */
  definitions?: string
}

const PARTS = ['path', 'query', 'headers', 'body', 'answer'] as const

/** Returns the outlines of requests, and those of responses and notifications. */
export function outlinesOf(definitions: Nodes): { requests: Outline[]; answers: Outline[] } {
  const requests: Outline[] = []
  const answers: Outline[] = []
  for (const [of, node] of [...definitions].sort(([first], [second]) => (first < second ? -1 : 1))) {
    const { answer, ...parts } = partsOf(of, node)
    if (isNotification(of)) answers.push({ of, ...parts })
    else {
      requests.push({ of, is: factsOf(node), ...parts })
      if (answer) answers.push({ of, answer })
    }
  }
  return { requests, answers }
}

const isNotification = (of: string): boolean => of.split(' ').length === 2

function partsOf(of: string, node: Node): Omit<Outline, 'of' | 'is'> {
  const parts: Omit<Outline, 'of' | 'is'> = {}
  for (const part of PARTS) {
    const fields = fieldsOf(node.members.get(part), part !== 'answer' && !isNotification(of))
    if (Object.keys(fields).length > 0) parts[part] = fields
  }
  return parts
}

function fieldsOf(node: Node | undefined, hasValues: boolean): Fields {
  const fields: Fields = {}
  for (const [name, field] of node?.members ?? []) {
    const text = wordsOf(field, hasValues)
    fields[name] = field.members.size > 0 ? { [ITSELF]: text, ...fieldsOf(field, hasValues) } : text
  }
  return fields
}

function wordsOf({ facets: { type, required, encrypted, personal, enum: values } }: Node, hasValues: boolean): string {
  const words = [`${type ?? 'any'}${required ? '!' : ''}`]
  if (encrypted) words.push(String(encrypted))
  if (personal) words.push('personal')
  // Values of responses are omitted, because WeChat Pay adds to them.
  if (hasValues && Array.isArray(values)) words.push(`=${values.join('|')}`)
  return words.join(' ')
}

const factsOf = ({ facets: { answer, mtls, nonceless, base, baseAlternative } }: Node): string =>
  [answer, mtls && 'mtls', nonceless && 'nonceless', base, baseAlternative].filter(Boolean).join(' ')

/** Compares outlines with the definitions, in both directions. */
export function driftOf(outlines: readonly Outline[], definitions: Nodes): Drift[] {
  const { requests, answers } = outlinesOf(definitions)
  const [written, defined] = [placesOf(outlines), placesOf([...requests, ...answers])]
  return [...new Set([...written.keys(), ...defined.keys()])].sort().flatMap(key => {
    const [outline, definition] = [written.get(key), defined.get(key)]
    if (outline === definition) return []
    const [of, at] = key.split('\0') as [string, string]
    return [
      {
        of,
        at,
        ...(outline !== undefined && { outline }),
        ...(definition !== undefined && { definitions: definition }),
      },
    ]
  })
}

function placesOf(outlines: readonly Outline[]): Map<string, string> {
  const places = new Map<string, string>()
  const add = (of: string, at: string, value: string | Fields): void => {
    if (typeof value === 'string') places.set(`${of}\0${at}`, value)
    else for (const [name, field] of Object.entries(value)) add(of, name === ITSELF ? at : `${at}.${name}`, field)
  }
  for (const { of, is, ...parts } of outlines) {
    if (is !== undefined) add(of, '', is)
    for (const [part, fields] of Object.entries(parts)) add(of, part, fields as Fields)
  }
  return places
}
