import type { Field, Shape } from '../../simulator/catalogue/shape.ts'

/** Returns the members that an object of a shape may have: those of all alternatives, if it has any. */
export const fieldsOf = (shape: Shape | undefined): readonly Field[] =>
  shape?.anyOf ? shape.anyOf.flatMap(alternative => alternative.fields ?? []) : (shape?.fields ?? [])

/** Finds a member by its name, which may have numbers where the definition has `#`. */
export const fieldOf = (name: string, fields: readonly Field[]): Field | undefined =>
  fields.find(field => field.name === name) ??
  fields.find(field => field.name === name.replace(/(?<=_)\d{1,3}(?=_|$)/g, '#'))
