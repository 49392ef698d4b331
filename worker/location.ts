import type { Report } from '../src/gateway/config/problem.ts'
import { type Env, textOf } from '../src/gateway/config/variables.ts'

/**
 * Regions in which Cloudflare creates Durable Objects.
 *
 * @see https://developers.cloudflare.com/durable-objects/reference/data-location/
 */
const LOCATION_HINTS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const
export type LocationHint = (typeof LOCATION_HINTS)[number]

/** The variable that names the region of the ledgers. */
export const LOCATION_VARIABLE = 'GATEWAY_LOCATION'
/** WeChat Pay sends its notifications from China, and most merchants are there too. */
export const DEFAULT_LOCATION: LocationHint = 'apac'

/** Reads the region of the ledgers. Reports an unknown region and returns the default. */
export function locationOf(env: Env, report: Report = () => {}): LocationHint {
  const text = textOf(env, LOCATION_VARIABLE)?.trim() ?? DEFAULT_LOCATION
  const hint = LOCATION_HINTS.find(value => value === text)
  if (hint === undefined) report(LOCATION_VARIABLE, `must be one of ${LOCATION_HINTS.join(', ')}`)
  return hint ?? DEFAULT_LOCATION
}
