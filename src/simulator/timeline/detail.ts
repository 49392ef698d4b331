import { type Bytes, base64, fromUtf8, utf8 } from '../../core/base/bytes.ts'
import { copyText } from '../http/journal.ts'
import type { Notification, NotificationAttempt } from '../notification/notification.ts'
import { baseName, type StateChange } from '../state/state.ts'
import { isShown, type TimelineEntry, textOf } from './entry.ts'
import type { RecordedMessage, SimulatorRecord } from './record.ts'
import { MAX_BODY, type SignatureExplanation } from './signature-explanation.ts'

/** A message as the control API shows it. */
export interface ShownMessage {
  readonly headers: Readonly<Record<string, string>>
  /** Absent if it has no body, or if the body was not read. */
  readonly body?: string | undefined
  /** The body is not UTF-8, and given in base64. */
  readonly base64?: true | undefined
  /** Length of the whole body in bytes, if it was cut. */
  readonly cutFrom?: number | undefined
}

/** A record that was changed. */
export interface ShownChange {
  /** Kind of the record: `orders`. */
  readonly record: string
  readonly key: string
  readonly change: 'created' | 'changed' | 'deleted'
  /** The fields that differ. */
  readonly fields: readonly { readonly name: string; readonly before?: unknown; readonly after?: unknown }[]
}

/** Everything about an entry of the timeline. */
export interface TimelineDetail {
  readonly entry: TimelineEntry
  /** Request: the text that the signature must cover. Notification of APIv3: the text that WeChat Pay signed. The first 64 KB of it. */
  readonly signedText?: string | undefined
  /** Serial or id of the key that signed, or the digest of APIv2. */
  readonly signedBy?: string | undefined
  readonly explanation?: SignatureExplanation | undefined
  readonly request?: ShownMessage | undefined
  readonly response?: ShownMessage | undefined
  /** Content of a notification before it was encrypted. */
  readonly resource?: unknown
  readonly notification?: Notification | undefined
  readonly attempt?: NotificationAttempt | undefined
  readonly parameters?: readonly unknown[] | undefined
  readonly changes: readonly ShownChange[]
}

/** Returns a record with its bodies cut and without the changes that nobody is shown, so that it can be kept. */
export function keepable(record: SimulatorRecord): SimulatorRecord {
  if (record.kind === 'action') return { ...record, changes: record.changes.filter(isShown) }
  if (record.kind === 'notification') return { ...record, request: record.request && cutBody(record.request) }
  const exchange = { ...record.exchange, signedText: copyText(record.exchange.signedText.slice(0, MAX_BODY)) }
  const changes = record.changes.filter(isShown)
  return { ...record, exchange, request: cutBody(record.request), response: cutBody(record.response), changes }
}

/** Message with a body that is cut, and the length it had. */
interface CutMessage extends RecordedMessage {
  readonly cutFrom?: number
}

function cutBody(message: RecordedMessage): CutMessage {
  const { body } = message
  if (body === undefined) return message
  const bytes = typeof body === 'string' ? utf8(body) : body
  if (bytes.length <= MAX_BODY) return message
  const start = bytes.slice(0, MAX_BODY)
  return { ...message, body: typeof body === 'string' ? startOf(start) : start, cutFrom: bytes.length }
}

/** Decodes UTF-8 that was cut, without the character that the cut has divided. @throws {TypeError} it is not UTF-8 */
const startOf = (bytes: Bytes): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })

/** Returns how much memory a record takes, about. */
export function sizeOf(record: SimulatorRecord): number {
  const sizeOfMessage = ({ headers, body }: RecordedMessage): number =>
    (body?.length ?? 0) + Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (record.kind === 'action') return 500 + textOf(record.parameters).length
  const messages = [record.request, record.kind === 'request' ? record.response : undefined]
  const texts = record.kind === 'request' ? record.exchange.signedText.length + record.exchange.url.length : 0
  // An explanation holds the body once more.
  const explained = record.kind === 'request' && record.explain ? texts : 0
  const resource = record.kind === 'notification' ? textOf(record.resource).length : 0
  return messages.reduce(
    (sum, message) => sum + (message ? sizeOfMessage(message) : 0),
    1000 + texts + explained + resource,
  )
}

/** Describes a record. Looks for the reason of an invalid signature only now, because that takes some verifications. */
export async function detailOf(entry: TimelineEntry, record: SimulatorRecord): Promise<TimelineDetail> {
  switch (record.kind) {
    case 'request': {
      const { signedText, signedBy } = record.exchange
      return {
        entry,
        signedText: signedText || undefined,
        signedBy,
        explanation: await record.explain?.(),
        request: shownMessage(record.request),
        response: shownMessage(record.response),
        changes: shownChanges(record.changes),
      }
    }
    case 'notification': {
      const { notification, attempt, request, resource } = record
      const { status, responseBody } = attempt
      return {
        entry,
        ...signatureOf(request),
        request: request && shownMessage(request),
        response: status === undefined ? undefined : { headers: {}, body: responseBody },
        resource,
        notification,
        attempt,
        changes: [],
      }
    }
    case 'action':
      return { entry, parameters: record.parameters, changes: shownChanges(record.changes) }
  }
}

/** Returns what an APIv3 notification signed. */
function signatureOf(request: CutMessage | undefined): Pick<TimelineDetail, 'signedText' | 'signedBy'> {
  const {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': signedBy,
  } = request?.headers ?? {}
  if (timestamp === undefined) return {}
  const end = request?.cutFrom === undefined ? '\n' : ''
  return { signedText: `${timestamp}\n${nonce}\n${request?.body ?? ''}${end}`, signedBy }
}

function shownMessage({ headers, body, cutFrom }: CutMessage): ShownMessage {
  if (body === undefined || typeof body === 'string') return { headers, body, cutFrom }
  try {
    return { headers, body: cutFrom === undefined ? fromUtf8(body) : startOf(body), cutFrom }
  } catch {
    return { headers, body: base64InPieces(body), base64: true, cutFrom }
  }
}

/** Encodes a length that a call of `String.fromCharCode` would not accept. */
function base64InPieces(bytes: Uint8Array): string {
  const length = 3 * 1024
  const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
    base64(bytes.subarray(at * length, (at + 1) * length)),
  )
  return pieces.join('')
}

/** Returns whether a field is one that only the simulator needs: names of WeChat Pay's fields have no capitals. */
const isInternal = (name: string): boolean => name === 'fingerprint' || /[A-Z]/.test(name)

const shownChanges = (changes: readonly StateChange[]): ShownChange[] =>
  changes.filter(isShown).map(({ map, key, before, after }) => ({
    record: baseName(map),
    key,
    change: before === undefined ? 'created' : after === undefined ? 'deleted' : 'changed',
    fields: differingFields(before, after),
  }))

function differingFields(before: unknown, after: unknown): ShownChange['fields'] {
  const [earlier, later] = [membersOf(before), membersOf(after)]
  const names = [...new Set([...Object.keys(earlier), ...Object.keys(later)])].filter(name => !isInternal(name))
  return names
    .filter(name => JSON.stringify(earlier[name]) !== JSON.stringify(later[name]))
    .map(name => ({ name, before: earlier[name], after: later[name] }))
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : value === undefined
      ? {}
      : { value }
