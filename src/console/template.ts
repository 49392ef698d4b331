/** Parts of a sentence with places such as `{path}`. A part whose places have no value is left out. */
export type Template = readonly string[]

const PLACE = /\{(\w+)\}/g

/** Fills the places of a sentence. Values stay text: they are not searched for places. */
export const fill = (template: Template, values: Readonly<Record<string, string | undefined>>): string =>
  template
    .filter(part => [...part.matchAll(PLACE)].every(([, name]) => values[name!]))
    .map(part => part.replace(PLACE, (_place, name: string) => values[name]!))
    .join('')
