import { traits } from './generated/traits.ts'
import type { Trait } from './trait.ts'

const PLAIN: Trait = {}

/**
 * What is special about an endpoint.
 *
 * @param path with placeholders, as a definition has it, or filled in, as a request has it; without query
 */
export function traitOf(method: string, path: string): Trait {
  const key = `${method} ${path.replace(/\{\w+\}/g, '{}')}`
  if (Object.hasOwn(traits, key)) return traits[key]!
  return (key.includes('{}') ? undefined : traitOfFilled(key)) ?? PLAIN
}

/** Definitions with placeholders, as patterns; made when a path without any is first asked for. */
let patterns: [RegExp, Trait][] | undefined

function traitOfFilled(key: string): Trait | undefined {
  patterns ??= Object.entries(traits)
    .filter(([template]) => template.includes('{}'))
    .map(([template, trait]) => [new RegExp(`^${template.replaceAll('{}', '[^/]+')}$`), trait])
  return patterns.find(([pattern]) => pattern.test(key))?.[1]
}
