import { resolve } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { quoted } from './names.ts'
import type { Notification } from './notification.ts'
import { type Document, isJson, type Schema } from './openapi.ts'

/**
 * Writes `notification-traits.ts`: resource fields with a second encryption or JSON in a string, mandatory fields of
 * APIv2 notifications, and the APIv3 resources that name the addressed merchant.
 */
export function writeNotificationTraits(document: Document, notifications: readonly Notification[]): string {
  const lines = notifications.flatMap(({ api, event, message, resource }) => {
    const fields = [...fieldsOf(document, (resource ?? message).schema)]
    const decrypt = paths(fields, field => (field.items ?? field)['x-encrypted'] === 'rsa')
    const json = paths(fields, field => isJson(field.contentMediaType ?? '') && !field['x-encrypted'])
    const members = [
      ...list('decrypt', decrypt),
      ...list('json', json),
      ...(api === 'v2' ? signedFields(document, message.schema) : []),
    ]
    return members.length > 0 ? [`  ${quoted(api === 'v2' ? `v2/${event}` : event)}: { ${members.join(', ')} },`] : []
  })
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { NotificationTrait } from '../trait.ts'",
    '',
    '/** Traits by event, with the prefix `v2/` for APIv2. Plain notifications are omitted. */',
    'export const notificationTraits: Readonly<Record<string, NotificationTrait>> = {',
    ...lines,
    '}',
    '',
    '/** First words of APIv3 events whose `mchid` or `mch_id` is the addressed merchant. */',
    `export const addressedByMchid: readonly string[] = [${addressedFamilies(document, notifications).map(quoted).join(', ')}]`,
    '',
  ].join('\n')
}

/**
 * Lists the mandatory fields of a message except its signature, and the fields with child elements, which no signature
 * covers.
 */
function signedFields(document: Document, schema: Schema): string[] {
  const { properties, required } = membersOf(document, schema)
  const nested = Object.keys(properties).filter(name => /^(?:object|array)$/.test(String(properties[name]!.type)))
  const always = [...required].filter(name => name !== 'sign' && !nested.includes(name))
  return [...list('required', always), ...list('nested', nested)]
}

/**
 * Lists the families of events in which `mchid` is the notified merchant. Where a service provider (服务商) is notified
 * too and no other field distinguishes the two, it may be a sub-merchant; those families are omitted.
 */
function addressedFamilies(document: Document, notifications: readonly Notification[]): string[] {
  const families = new Map<string, boolean>()
  for (const { api, event, operation, resource } of notifications) {
    const { properties } = membersOf(document, resource?.schema ?? {})
    if (api === 'v2' || !(properties.mchid || properties.mch_id)) continue
    const docs = [operation.externalDocs?.url ?? '', ...(operation['x-docs'] ?? [])]
    const isClear =
      Boolean(properties.sp_mchid || properties.sub_mchid) || docs.every(url => url.includes('/doc/v3/merchant/'))
    const family = event.split('.')[0]!
    families.set(family, isClear && families.get(family) !== false)
  }
  return [...families].filter(([, isClear]) => isClear).map(([family]) => family)
}

/**
 * Collects the top-level members of an object and of shapes that it extends; members of alternative forms are not
 * required.
 */
function membersOf(document: Document, schema: Schema): { properties: Record<string, Schema>; required: Set<string> } {
  const resolved = (reference: Schema) => resolve<Schema>(document, reference as Schema & { $ref: string })
  const { allOf = [], anyOf = [], properties = {}, required = [] } = resolved(schema)
  const extended = allOf.map(part => membersOf(document, part))
  const forms = anyOf.map(part => membersOf(document, part))
  const own = Object.entries(properties).map(([name, field]) => [name, resolved(field)])
  return {
    properties: Object.assign({}, ...[...extended, ...forms].map(part => part.properties), Object.fromEntries(own)),
    required: new Set([...extended.flatMap(part => [...part.required]), ...required]),
  }
}

const paths = (fields: readonly [string, Schema][], wanted: (field: Schema) => boolean): string[] => [
  ...new Set(fields.filter(([, field]) => wanted(field)).map(([path]) => path)),
]

const list = (name: string, found: readonly string[]): string[] =>
  found.length > 0 ? [`${name}: [${found.map(quoted).join(', ')}]`] : []
