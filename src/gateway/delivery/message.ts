import type { EventRow } from '../store/events.ts'

/**
 * What an endpoint is sent, the same to the byte whenever it is sent: `type`, `timestamp` and `data`, as Standard Webhooks
 * has it. The resource stands in it as it was written down, so that no number of it is rounded on the way.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function bodyOf({ mchid, id, api, event, source, created_at, resource }: EventRow): string {
  const data = JSON.stringify({ mchid, api, id, event, source })
  return `{"type":${JSON.stringify(event)},"timestamp":"${new Date(created_at).toISOString()}","data":${data.slice(0, -1)},"resource":${resource}}}`
}
