import type { Report } from '../src/gateway/config/problem.ts'
import { type Env, textOf } from '../src/gateway/config/variables.ts'

/** Regions in which Cloudflare makes Durable Objects: https://developers.cloudflare.com/durable-objects/reference/data-location/ */
const LOCATION_HINTS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const
export type LocationHint = (typeof LOCATION_HINTS)[number]

/** The variable that says where ledgers are made. */
export const LOCATION_VARIABLE = 'GATEWAY_LOCATION'
/** WeChat Pay calls from China, and so do most merchants. */
export const DEFAULT_LOCATION: LocationHint = 'apac'

/** Reads where ledgers are made. What is no region is reported, and means the default. */
export function locationOf(env: Env, report: Report = () => {}): LocationHint {
  const text = textOf(env, LOCATION_VARIABLE)?.trim() ?? DEFAULT_LOCATION
  const known = LOCATION_HINTS.find(hint => hint === text)
  if (known === undefined) report(LOCATION_VARIABLE, `one of ${LOCATION_HINTS.join(', ')} is expected`)
  return known ?? DEFAULT_LOCATION
}
