import { createSlots } from '../../src/server/slots.ts'

/** The outbox of a simulated process (`src/server/outbox.ts`), with the slots of its own. Each merchant has one endpoint, by its number. */
export interface SimulatedOutbox {
  /** Starts due deliveries to an endpoint, and to those that may borrow slots then. */
  readonly wake: (endpoint: number) => void
  /** Notes that a delivery to an endpoint has ended. */
  readonly end: (endpoint: number) => void
}

export interface SimulatedOutboxOptions {
  /** Number of endpoints of the process. */
  readonly endpoints: number
  /** Returns how many deliveries to an endpoint may start now, at most `max`. */
  readonly due: (endpoint: number, max: number) => number
  /** Starts one of them. */
  readonly start: (endpoint: number) => void
}

export function createSimulatedOutbox({ endpoints, due, start }: SimulatedOutboxOptions): SimulatedOutbox {
  const slots = createSlots(endpoints)
  const freeOf = (endpoint: string): number => slots.limitOf(endpoint) - slots.used(endpoint)

  function scan(endpoint: string): void {
    const free = freeOf(endpoint)
    const found = free > 0 ? due(Number(endpoint), free) : 0
    for (const _ of slots.admit(endpoint, Array(found).fill({ endpoint }), () => free)) {
      slots.take(endpoint)
      start(Number(endpoint))
    }
  }

  function wake(endpoint: number): void {
    scan(String(endpoint))
    while (slots.canLend()) for (const name of slots.busy()) if (freeOf(name) > 0) scan(name)
  }

  return {
    wake,
    end(endpoint) {
      slots.giveBack(String(endpoint))
      wake(endpoint)
    },
  }
}
