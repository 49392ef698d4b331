import { fieldsOf } from './fields.ts'
import { type Api, type Document, isWhollyEncrypted, isXml, type Operation, type Schema } from './openapi.ts'

/** A notification of WeChat Pay. */
export interface Notification {
  /** `v3RefundSuccessNotification` */
  id: string
  api: Api
  /** `REFUND.SUCCESS` */
  event: string
  operation: Operation
  /** The message as it arrives. */
  message: { kind: 'json' | 'xml'; schema: Schema }
  /** The content of its encrypted field, which few APIv2 notifications have. */
  resource: { kind: 'json' | 'xml'; schema: Schema } | undefined
}

/** Lists all notifications of the bundled document, in its order. */
export function notificationsOf(document: Document): Notification[] {
  return Object.entries(document.webhooks ?? {}).map(([key, item]) => {
    const operation = item.post as Operation
    const [[type, { schema = {} }]] = Object.entries(operation.requestBody!.content) as [[string, { schema?: Schema }]]
    return {
      id: operation.operationId!,
      api: operation['x-api']!,
      event: key.replace(/^v2\//, ''),
      operation,
      message: { kind: isXml(type) ? 'xml' : 'json', schema },
      resource: encryptedPart(document, schema),
    }
  })
}

/**
 * Returns a function that names the event of a notification as the library does. A name that APIv2 and another API
 * use denotes the event of the other; the APIv2 event has the prefix `v2/`.
 */
export function eventNamesOf(notifications: readonly Notification[]): (notification: Notification) => string {
  const others = new Set(notifications.filter(({ api }) => api !== 'v2').map(({ event }) => event))
  return ({ api, event }) => (api === 'v2' && others.has(event) ? `v2/${event}` : event)
}

/** Returns the content of the field that is encrypted with the merchant's own key. */
function encryptedPart(document: Document, schema: Schema): Notification['resource'] {
  const [, field] = [...fieldsOf(document, schema)].find(([, field]) => isWhollyEncrypted(field)) ?? []
  if (!field?.contentSchema) return undefined
  return { kind: isXml(field.contentMediaType ?? '') ? 'xml' : 'json', schema: field.contentSchema }
}
