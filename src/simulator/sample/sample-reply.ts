import { DAY } from '../../core/base/time.ts'
import { fingerprintOf } from '../accounts/fingerprint.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import type { Values } from '../catalogue/violation.ts'
import { UTC8_OFFSET } from '../clock/time.ts'
import type { SimulatorContext } from '../context.ts'
import { examples } from '../examples.ts'
import { createEcho } from './echo.ts'
import { withoutPage } from './page.ts'
import { sample } from './sample.ts'

/**
 * Creates the reply of an endpoint from its definition. It is the same for the same seed, request and day, because nothing
 * is stored and a repeated query should return the same values.
 */
export function sampleReply(
  endpoint: Endpoint,
  request: Values,
  { random: source, now, merchant, brandKeys }: SimulatorContext,
): Values {
  const random = source.fork(`${endpoint.method} ${endpoint.path} ${fingerprintOf(withoutPage(request))}`)
  const { sub_mchid } = examples
  const today = now() - ((now() + UTC8_OFFSET) % DAY)
  const fen = requestedAmount(request) ?? 100 + random.below(10_000)
  return sample(endpoint.response?.fields ?? [], request, {
    random,
    now: today,
    merchant,
    brandId: brandKeys?.signer.id,
    sub_mchid,
    fen,
    api: endpoint.api,
    // A path with a placeholder names what exists already.
    creates: endpoint.method === 'POST' && endpoint.parameters.path.length === 0,
  })
}

/** Returns the amount of a request, if it has one. */
function requestedAmount(request: Values): number | undefined {
  const echo = createEcho(request)
  const amounts = ['total', 'total_amount', 'total_fee', 'amount'].map(name =>
    echo.find({ name, label: name, required: false, shape: { type: 'integer' } }),
  )
  return amounts.find(value => typeof value === 'number' && value > 0) as number | undefined
}
