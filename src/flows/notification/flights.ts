import { join } from '../../core/flight.ts'

/** On Workers a flight ends unheard with the request that began it, when that is cancelled. Milliseconds. */
const LOST = 120_000

export interface FlightOptions {
  /** The work may be done a second time: whoever has waited two seconds for another's does it too. */
  readonly isRepeatable?: boolean
}

/**
 * Does a thing once for all who ask for it at the same time: each gets what the first one's work gives. Work that is not
 * repeatable is waited for by others for as long as they like to, so bound that wait.
 */
export function createFlights(
  now: () => number,
  { isRepeatable = false }: FlightOptions = {},
): <T>(key: string, depart: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, { at: number; work: Promise<unknown> }>()

  function begin<T>(key: string, depart: () => Promise<T>): Promise<T> {
    const work = depart()
    const flight = { at: now(), work }
    flights.set(key, flight)
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    work.then(land, land)
    return work
  }

  return async <T>(key: string, depart: () => Promise<T>) => {
    const current = flights.get(key)
    if (!current || now() - current.at >= LOST) return begin(key, depart)
    const work = current.work as Promise<T>
    if (!isRepeatable) return work
    const outcome = await join(work)
    return outcome ? outcome.value : begin(key, depart)
  }
}
