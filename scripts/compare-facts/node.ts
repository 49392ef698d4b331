/**
 * The form that facts and definitions are both brought into, so that one comparison serves: an endpoint, a part of it
 * (its query, its body) and a field are alike a node. An absent facet is `undefined`.
 */
export interface Node {
  facets: Readonly<Record<string, Facet>>
  members: Nodes
}

/** A fact about a node. A list is a set: its order means nothing. */
export type Facet = string | number | boolean | readonly string[] | undefined

export type Nodes = ReadonlyMap<string, Node>

/** A field's facets, the same on either side. */
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
}

export interface Field extends Node {
  facets: FieldFacets
  members: ReadonlyMap<string, Field>
}

export type Fields = ReadonlyMap<string, Field>

export const part = (members: Nodes): Node => ({ facets: {}, members })

/** A type without the `[]` of a list. */
export const single = (type: string | undefined): string | undefined => type?.replace('[]', '')

/** Fields of which another set is a second form: what only some forms have, or require, is not required. */
export function eitherOf(one: Fields, other: Fields): Fields {
  const names = new Set([...one.keys(), ...other.keys()])
  return new Map(Array.from(names, name => [name, eitherField(one.get(name), other.get(name))]))
}

/** A field of which there is a second form, or which but one form has. */
export function eitherField(one: Field | undefined, other: Field | undefined): Field {
  if (!one || !other) {
    const only = (one ?? other)!
    return { ...only, facets: { ...only.facets, required: false } }
  }
  const { facets } = one
  const values = facets.enum && other.facets.enum ? [...new Set([...facets.enum, ...other.facets.enum])] : undefined
  return {
    facets: { ...facets, enum: values, required: facets.required && other.facets.required },
    members: eitherOf(one.members, other.members),
  }
}
