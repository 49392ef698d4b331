import type { Field } from '../catalogue/shape.ts'
import { findViolation, type Values } from '../catalogue/violation.ts'

/** The values of a request, which a reply repeats. */
export interface Echo {
  /** Returns the request's value for a field of the reply, if the request has a field of that name and the value is valid. */
  find(field: Field): unknown
}

/** @param request parameters of the URL and fields of the body. Of several with one name, the outermost counts */
export function createEcho(request: Values): Echo {
  let byName: Map<string, unknown> | undefined
  return {
    find(field) {
      byName ??= collectByName(request)
      return fitToField(byName.get(field.name), field)
    },
  }
}

/** Converts a value to the type of a field, because numbers of a URL are text. Returns undefined for an invalid value. */
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

function collectByName(request: Values): Map<string, unknown> {
  const byName = new Map<string, unknown>()
  const queue: Values[] = [request]
  for (const values of queue)
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'object' || value === null) {
        if (!byName.has(name)) byName.set(name, value)
      } else if (!Array.isArray(value)) queue.push(value as Values)
      else if (typeof value[0] !== 'object' && !byName.has(name)) byName.set(name, value)
    }
  return byName
}
