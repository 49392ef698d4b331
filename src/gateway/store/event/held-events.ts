import { HOLDING_ATTEMPTS } from '../delivery/row.ts'
import { DURABLE_ONCE, type LedgerMethods, READ } from '../method.ts'
import { run, type Work, type WorkOf } from '../sql.ts'
import type { Events, NewEvent, RecordResult } from './events.ts'

/** The fields by which a ledger recognises an event, and the deliveries that must precede it. */
export type EventKeys = Pick<NewEvent, 'mchid' | 'id' | 'subject' | 'dedupeKey' | 'occurredSince' | 'endpoints'>

/** Methods for a ledger that consists of several, of which another one has become responsible for the event. */
export interface HeldEvents {
  /** Returns whether this ledger has the event, or a delivery that must come before those of the event. Writes nothing. */
  holdsEvent(keys: EventKeys): boolean
  /** Records an event if this ledger {@link HeldEvents.holdsEvent holds} it; otherwise writes nothing and returns undefined. */
  recordHeldEvent(event: NewEvent): RecordResult | undefined
}

export const HELD_EVENT_METHODS: LedgerMethods<HeldEvents> = {
  holdsEvent: READ,
  recordHeldEvent: { ...DURABLE_ONCE, isResultKept: recorded => recorded !== undefined, addsRows: true },
}

export function createHeldEvents(recordEvent: WorkOf<Events>['recordEvent']): WorkOf<HeldEvents> {
  function* isRecorded({ mchid, id, dedupeKey, occurredSince = 0 }: EventKeys): Work<boolean> {
    const rows = yield* run(
      `select 1 as found from event where mchid = ? and id = ?
       union all select 1 from event where mchid = ? and dedupe_key = ? and created_at >= ? limit 1`,
      mchid,
      id,
      mchid,
      dedupeKey,
      occurredSince,
    )
    return rows.length > 0
  }

  function* holdsBack({ mchid, subject, endpoints }: EventKeys): Work<boolean> {
    if (subject === null) return false
    for (const endpoint of endpoints) {
      const rows = yield* run(
        `select 1 as found from delivery where mchid = ? and endpoint = ? and subject = ? and state = 'pending'
           and tries < ${HOLDING_ATTEMPTS} limit 1`,
        mchid,
        endpoint,
        subject,
      )
      if (rows.length > 0) return true
    }
    return false
  }

  function* holdsEvent(keys: EventKeys): Work<boolean> {
    return (yield* isRecorded(keys)) || (yield* holdsBack(keys))
  }

  return {
    holdsEvent,
    *recordHeldEvent(event) {
      return (yield* holdsEvent(event)) ? yield* recordEvent(event) : undefined
    },
  }
}
