import { stringifyJson } from '../../core/codec/json.ts'
import type { Exchange } from '../http/journal.ts'
import type { Notification, NotificationAttempt } from '../notification/notification.ts'
import { baseName } from '../state/state.ts'
import type { RecordedMessage, SimulatorRecord } from './record.ts'

interface Numbered {
  /** Counts up from 1. */
  readonly id: number
  /** ms, by the simulated clock */
  readonly at: number
  /** Numbers of orders, refunds and the like that occur in it, to find it by; eight at most. */
  readonly numbers: readonly string[]
  /** How many records it changed. */
  readonly changed: number
  /** Merchant that it concerns; absent if it concerns all, or if the request was not authenticated. */
  readonly mchid?: string | undefined
}

/** A request, in short. */
export interface RequestEntry
  extends Numbered,
    Pick<Exchange, 'api' | 'method' | 'url' | 'status' | 'code' | 'signature' | 'faults' | 'requestId'> {
  readonly kind: 'request'
}

/** An attempt to deliver a notification, in short. */
export interface NotificationEntry extends Numbered, Pick<NotificationAttempt, 'status' | 'error' | 'variant'> {
  readonly kind: 'notification'
  readonly api: Notification['api']
  readonly event: string
  readonly url: string
  readonly notification: string
  readonly state: Notification['state']
}

/** A call of a method that acts for the shopper, the bank or the clock. */
export interface ActionEntry extends Numbered {
  readonly kind: 'action'
  readonly name: string
  /** Its parameters, as JSON; cut at 200 characters. */
  readonly parameters: string
}

/** A row of the timeline. */
export type TimelineEntry = RequestEntry | NotificationEntry | ActionEntry

const MAX_NUMBERS = 8
/** Longer URLs are cut in the row; the details have all. */
const MAX_URL = 2048
const MAX_PARAMETERS = 200

/** Converts a record to its row. Texts are as they were received: whoever shows them must not interpret them. */
export function entryOf(id: number, record: SimulatorRecord): TimelineEntry {
  switch (record.kind) {
    case 'request': {
      const { at, api, method, url, status, code, signature, faults, requestId, mchid } = record.exchange
      const numbers = numbersIn(url, record.request, record.response)
      const changed = record.changes.filter(isShown).length
      const row = { api, method, url: url.slice(0, MAX_URL), status, code, signature, faults, requestId, mchid }
      return { id, kind: 'request', at, ...row, numbers, changed }
    }
    case 'notification': {
      const { notification, attempt } = record
      const { at, status, error, variant } = attempt
      const { api, event, url, reference, state, mchid } = notification
      const numbers = [reference, ...numbersIn('', { headers: {}, body: textOf(record.resource) })]
      return {
        id,
        kind: 'notification',
        at,
        api,
        event,
        url: url.slice(0, MAX_URL),
        notification: notification.id,
        state,
        status,
        error,
        variant,
        mchid,
        numbers: [...new Set(numbers.filter(Boolean))].slice(0, MAX_NUMBERS),
        changed: 0,
      }
    }
    case 'action': {
      const { at, name, changes, mchid } = record
      const text = textOf(record.parameters)
      const parameters = text.slice(0, MAX_PARAMETERS)
      return {
        id,
        kind: 'action',
        at,
        name,
        parameters,
        mchid,
        numbers: numbersIn('', { headers: {}, body: text }),
        changed: changes.filter(isShown).length,
      }
    }
  }
}

/** Maps of the state that are the simulator's own affair. */
const INTERNAL: ReadonlySet<string> = new Set([
  'complaint-images',
  'nonces',
  'scheduler',
  'clock',
  'random',
  'auth-codes',
  'held-notifications',
  'merchants',
  'notification-settings',
  'granted-permissions',
])

export const isShown = ({ map }: { readonly map: string }): boolean => !INTERNAL.has(baseName(map))

/** Writes what is no text as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return stringifyJson(value)
  } catch {
    return ''
  }
}

/** Names of the numbers by which merchants look for something. */
const NAMES =
  'out_trade_no|transaction_id|combine_out_trade_no|out_refund_no|refund_id|out_bill_no|transfer_bill_no|out_batch_no|out_order_no|partner_trade_no|order_id|business_code'
const IN_JSON = new RegExp(`"(?:${NAMES})"\\s*:\\s*"([^"\\\\]{1,64})"`, 'g')
const IN_XML = new RegExp(`<(?:${NAMES})>(?:<!\\[CDATA\\[)?([^<\\]]{1,64})`, 'g')
/** Numbers stand at the beginning of a body. */
const MAX_SEARCHED = 16_384

function numbersIn(url: string, ...messages: readonly RecordedMessage[]): string[] {
  const found = new Set<string>()
  for (const { body } of messages)
    if (body !== undefined) {
      const text =
        typeof body === 'string'
          ? body.slice(0, MAX_SEARCHED)
          : new TextDecoder().decode(body.subarray(0, MAX_SEARCHED))
      for (const pattern of [IN_JSON, IN_XML])
        for (const [, number] of text.matchAll(pattern))
          if (found.size < MAX_NUMBERS && !url.includes(number!)) found.add(number!)
    }
  return [...found]
}
