import type { Field } from '../catalogue/shape.ts'
import { findViolation, type Values } from '../catalogue/violation.ts'

/** What a request said, by name: an answer says it again. */
export interface Echo {
  /** The request's value for a field of the answer, where it has one of that name that fits. */
  find(field: Field): unknown
}

/** @param request parameters of the URL and fields of the body; what stands higher up goes before what stands deeper */
export function createEcho(request: Values): Echo {
  let byName: Map<string, unknown> | undefined
  return {
    find(field) {
      byName ??= gather(request)
      return fitToField(byName.get(field.name), field)
    },
  }
}

/** A value as the field has it, where it fits: a URL's numbers are text. */
export function fitToField(value: unknown, field: Field): unknown {
  if (value === undefined || value === null || value === '') return undefined
  const converted = typeof value === 'string' ? convert(value, field) : value
  return findViolation({ [field.name]: converted }, [field], 'json') ? undefined : converted
}

function convert(text: string, { shape }: Field): unknown {
  if (shape.type === 'integer' && /^\d{1,20}$/.test(text))
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
  if (shape.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function gather(request: Values): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const level: Values[] = [request]
  for (const values of level)
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'object' || value === null) {
        if (!found.has(name)) found.set(name, value)
      } else if (!Array.isArray(value)) level.push(value as Values)
      else if (typeof value[0] !== 'object' && !found.has(name)) found.set(name, value)
    }
  return found
}
