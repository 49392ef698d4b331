import type { Mix, Sending } from './mix.ts'
import type { TestEndpoint } from './test-endpoint.ts'

/** Sendings of refunds, and which of them were tried before their payment had arrived. */
export function refundsOf({ sendings }: Mix, { seen }: TestEndpoint): { refunds: Sending[]; overtaken: Sending[] } {
  const refunds = sendings.filter(({ after }) => after !== undefined)
  const overtaken = refunds.filter(
    ({ event: { id }, after }) => !(seen.get(after!)!.acknowledged! <= seen.get(id)!.firstTried),
  )
  return { refunds, overtaken }
}
