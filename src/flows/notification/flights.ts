/** On Workers a flight ends unheard with the request that began it, when that is cancelled. Milliseconds. */
const LOST = 120_000

/** Does a thing once for all who ask for it at the same time: each gets what the first one's work gives. */
export function createFlights(now: () => number): <T>(key: string, depart: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, { at: number; work: Promise<unknown> }>()
  return <T>(key: string, depart: () => Promise<T>) => {
    const current = flights.get(key)
    if (current && now() - current.at < LOST) return current.work as Promise<T>
    const flight = { at: now(), work: depart() }
    flights.set(key, flight)
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.work.then(land, land)
    return flight.work
  }
}
