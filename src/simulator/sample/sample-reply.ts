import { fingerprintOf } from '../accounts/fingerprint.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import type { Values } from '../catalogue/violation.ts'
import type { SimulatorContext } from '../context.ts'
import { examples } from '../examples.ts'
import { createEcho } from './echo.ts'
import { withoutPage } from './page.ts'
import { sample } from './sample.ts'

const DAY = 24 * 60 * 60 * 1000
/** WeChat Pay's days begin by UTC+8. */
const OFFSET = 8 * 60 * 60 * 1000

/**
 * What an endpoint answers of which nothing is known but its definition. It is the same for the same seed, request and
 * day: such an endpoint has no memory, and yet what is asked twice must not have two answers.
 */
export function sampleReply(
  endpoint: Endpoint,
  request: Values,
  { random: source, now, merchant }: SimulatorContext,
): Values {
  const random = source.fork(`${endpoint.method} ${endpoint.path} ${fingerprintOf(withoutPage(request))}`)
  const { sub_mchid } = examples
  const today = now() - ((now() + OFFSET) % DAY)
  const fen = requestedAmount(request) ?? 100 + random.below(10_000)
  return sample(endpoint.response?.fields ?? [], request, {
    random,
    now: today,
    merchant,
    sub_mchid,
    fen,
    api: endpoint.api,
  })
}

/** What things cost, as the request has it. */
function requestedAmount(request: Values): number | undefined {
  const echo = createEcho(request)
  const found = ['total', 'total_amount', 'total_fee', 'amount'].map(name =>
    echo.find({ name, label: name, required: false, shape: { type: 'integer' } }),
  )
  return found.find(value => typeof value === 'number' && value > 0) as number | undefined
}
