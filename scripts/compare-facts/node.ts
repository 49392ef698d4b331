/**
 * The common form of facts and definitions for their comparison: an endpoint, a part of it (query, body) and a field
 * are all nodes. An absent facet is `undefined`.
 */
export interface Node {
  facets: Readonly<Record<string, Facet>>
  members: Nodes
}

/** A fact about a node. Lists are sets, whose order is irrelevant. */
export type Facet = string | number | boolean | readonly string[] | undefined

export type Nodes = ReadonlyMap<string, Node>

/** The facets of a field. */
export interface FieldFacets extends Record<string, Facet> {
  /** `string`, `object[]` */
  type: string | undefined
  required: boolean
  label: string | undefined
  enum: readonly string[] | undefined
  maxLength: number | undefined
  format: string | undefined
  encrypted: string | undefined
  /** The format of the text in a string: `json`, `urlencode`. */
  encoded: string | undefined
  /** The type of the value in that text, or of the decrypted value. */
  holds: string | undefined
  /** Only the definitions tell. */
  personal?: true
}

/** Limits, unit and values' names of a field, which only the table of details states. */
export interface Details {
  maxLength?: number | undefined
  minLength?: number | undefined
  minimum?: number | undefined
  maximum?: number | undefined
  minItems?: number | undefined
  maxItems?: number | undefined
  pattern?: string | undefined
  format?: string | undefined
  unit?: string | undefined
  /** The official names of values. */
  labels?: Readonly<Record<string, string>> | undefined
}

export interface Field extends Node {
  facets: FieldFacets
  /** Absent in facts. */
  details?: Details
  members: ReadonlyMap<string, Field>
}

export type Fields = ReadonlyMap<string, Field>

export const part = (members: Nodes): Node => ({ facets: {}, members })

/** Removes the `[]` of a list type. */
export const single = (type: string | undefined): string | undefined => type?.replace('[]', '')

/** Merges two sets of fields, of which either applies: fields that only one set has, or requires, are not required. */
export function eitherOf(first: Fields, second: Fields): Fields {
  const names = new Set([...first.keys(), ...second.keys()])
  return new Map(Array.from(names, name => [name, eitherField(first.get(name), second.get(name))]))
}

/** Merges two forms of a field, one of which may be missing. */
export function eitherField(first: Field | undefined, second: Field | undefined): Field {
  if (!first || !second) {
    const only = (first ?? second)!
    return { ...only, facets: { ...only.facets, required: false } }
  }
  const { facets } = first
  const values = facets.enum && second.facets.enum ? [...new Set([...facets.enum, ...second.facets.enum])] : undefined
  return {
    ...first,
    facets: { ...facets, enum: values, required: facets.required && second.facets.required },
    members: eitherOf(first.members, second.members),
  }
}
