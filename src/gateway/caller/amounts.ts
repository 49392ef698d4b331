import { AMOUNTS } from '../generated/amounts.ts'
import { Refusal } from '../problem.ts'
import type { Caller } from './caller.ts'

/** What a call would move. */
export interface Amount {
  /** fen (分); the largest of the amounts in it, those of a list summed up; null where there is none. */
  readonly total: number | null
  /** Where it stands, dotted. */
  readonly field: string | null
}

interface Place {
  readonly literals: Map<string, Place>
  placeholder?: Place
  /** By method, the dotted paths of amounts. */
  readonly amounts: Map<string, readonly string[]>
}

let tree: Place | undefined

const newPlace = (): Place => ({ literals: new Map(), amounts: new Map() })

/** Read once, when a call first asks. */
function grown(): Place {
  const root = newPlace()
  for (const line of AMOUNTS.trim().split('\n')) {
    const [method = '', path = '', ...amounts] = line.split(' ')
    let at = root
    for (const segment of path.split('/').slice(1)) at = child(at, segment)
    at.amounts.set(method, amounts)
  }
  return root
}

function child(place: Place, segment: string): Place {
  if (segment.startsWith('{')) {
    place.placeholder ??= newPlace()
    return place.placeholder
  }
  const known = place.literals.get(segment) ?? newPlace()
  place.literals.set(segment, known)
  return known
}

/** A literal segment goes before a placeholder. */
function find(
  place: Place | undefined,
  method: string,
  [segment, ...rest]: readonly string[],
): readonly string[] | undefined {
  if (!place) return undefined
  if (segment === undefined) return place.amounts.get(method)
  return find(place.literals.get(segment), method, rest) ?? find(place.placeholder, method, rest)
}

/** Where the amounts of an endpoint stand; undefined of one that no definition has. @param path as the definitions have it, filled in */
function amountsOf(method: string, path: string): readonly string[] | undefined {
  tree ??= grown()
  return find(tree, method, path.split('/').slice(1))
}

/** Whether a call moves money, or promises to. */
export const isMoneyMoving = (method: string, path: string): boolean => (amountsOf(method, path)?.length ?? 0) > 0

/**
 * What a call would move, as far as its body tells.
 *
 * @param path as the definitions have it, filled in: APIv2 without `/v2`
 */
export function amountOf(method: string, path: string, body: unknown): Amount {
  let [total, field]: [number | null, string | null] = [null, null]
  for (const at of amountsOf(method, path) ?? []) {
    const values = valuesAt(body, at.split('.')).map(numberOf)
    if (values.length === 0) continue
    const sum = values.reduce((sum, value) => sum + value, 0)
    // One that is no amount is told, whatever the others are.
    if (Number.isNaN(sum)) return { total: sum, field: at }
    if (total === null || sum > total) [total, field] = [sum, at]
  }
  return { total, field }
}

/**
 * Holds a call to its caller's cap.
 *
 * @throws {Refusal} 403 `AMOUNT_OVER_CAP`, `AMOUNT_UNKNOWN`; 400 `AMOUNT_INVALID`
 */
export function refuseOverCap({ name, maxAmount }: Caller, method: string, path: string, body: unknown): void {
  if (maxAmount === undefined || method === 'GET') return
  if (amountsOf(method, path) === undefined)
    throw new Refusal({
      status: 403,
      code: 'AMOUNT_UNKNOWN',
      detail: `${name} has a cap of ${maxAmount} fen, and nothing is known of the amounts of ${method} ${path}.`,
    })
  const { total, field } = amountOf(method, path, body)
  if (total === null) return
  if (!Number.isSafeInteger(total) || total < 0)
    throw new Refusal({
      status: 400,
      code: 'AMOUNT_INVALID',
      detail: `${field}: an amount is a whole number of fen (分).`,
    })
  if (total > maxAmount)
    throw new Refusal({
      status: 403,
      code: 'AMOUNT_OVER_CAP',
      detail: `${field}: ${total} fen are over the ${maxAmount} that ${name} may move at once.`,
    })
}

/** The values at a dotted path; lists on the way are walked through. */
function valuesAt(node: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(node)) return node.flatMap(member => valuesAt(member, path))
  // A field that is JSON in a string may be given as text.
  const value = typeof node === 'string' && path.length > 0 ? parsed(node) : node
  const [name, ...rest] = path
  if (name === undefined) return value === undefined || value === null || value === '' ? [] : [value]
  if (Array.isArray(value)) return valuesAt(value, path)
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return valuesAt((value as Record<string, unknown>)[name], rest)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** APIv2 has numbers as text. What is none, or below nothing, is not to be summed up with others. */
function numberOf(value: unknown): number {
  const number = typeof value === 'string' ? (/^\d+$/.test(value) ? Number(value) : Number.NaN) : Number(value)
  return Number.isSafeInteger(number) && number >= 0 ? number : Number.NaN
}
