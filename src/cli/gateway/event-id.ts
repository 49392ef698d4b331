import { WEBHOOK_ID } from '../../gateway/store/event/events.ts'
import { CommandError, usageError } from '../command.ts'
import type { GatewayConnection } from './connection.ts'
import type { EventRow } from './event-row.ts'
import type { EventPage } from './events.ts'

/**
 * Returns the number of an event of the gateway, which `events` shows, by that number itself or by the webhook-id that an endpoint has seen.
 *
 * @throws {CommandError} it is neither, or the gateway has no such event
 * @throws {GatewayError}
 */
export async function findSeq(gateway: GatewayConnection, id: string): Promise<number> {
  if (!/^\d{1,15}$/.test(id) && !WEBHOOK_ID.test(id))
    throw usageError(
      `${JSON.stringify(id)} is not the id of an event. If it is a number of an order or the like, find the id: wechatpay-edge events ${id}`,
    )
  if (!id.startsWith('evt_')) return (await gateway.get<EventRow>(`/events/${id}`)).seq
  const { events } = await gateway.get<EventPage>('/events', { webhook_id: id })
  if (events[0]) return events[0].seq
  throw new CommandError(`The gateway has no event ${id} of the merchant ${gateway.mchid}. Correct the id.`)
}
