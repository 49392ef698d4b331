import type { DefinedSchema } from './definition.ts'
import type { ExplorerWords } from './words.ts'

/** Lists what is known of a value besides its name and type, as words. Values of an enumeration are shown apart. */
export function factsOf(schema: DefinedSchema, words: ExplorerWords): string[] {
  const { unit, format, pattern, encrypted, oneSource = [], personal, unconfirmed, deprecated, anyOf } = schema
  const { maxBytes, fileKinds } = schema
  return [
    rangeOf(schema.minLength, schema.maxLength, words.characters),
    rangeOf(schema.minimum, schema.maximum, words.value),
    rangeOf(schema.minItems, schema.maxItems, words.members),
    unit && (words.units[unit] ?? unit),
    format && (words.formats[format] ?? format),
    maxBytes !== undefined && words.fileSize(maxBytes / 1024),
    fileKinds && words.fileKinds(fileKinds),
    pattern && words.pattern(pattern),
    encrypted && (words.encryptions[encrypted] ?? encrypted),
    personal && words.personal,
    anyOf && words.alternatives(anyOf.length),
    deprecated && words.deprecated,
    unconfirmed && words.unconfirmed,
    oneSource.length > 0 && words.oneSource(oneSource.join(', ')),
  ].filter(fact => typeof fact === 'string')
}

function rangeOf(
  min: number | undefined,
  max: number | undefined,
  written: (range: string) => string,
): string | undefined {
  if (min === undefined && max === undefined) return undefined
  if (min === max) return written(String(min))
  if (min === undefined) return written(`≤ ${max}`)
  return written(max === undefined ? `≥ ${min}` : `${min}–${max}`)
}
