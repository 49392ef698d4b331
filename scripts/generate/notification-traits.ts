import { resolve } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { quoted } from './names.ts'
import type { Notification } from './notification.ts'
import { type Document, isJson, type Schema } from './openapi.ts'

/**
 * Writes `notification-traits.ts`: which fields of a resource are encrypted once more, or JSON in a string; which fields an
 * APIv2 notification always has; and where an APIv3 resource names the merchant that it is for.
 */
export function writeNotificationTraits(document: Document, notifications: readonly Notification[]): string {
  const lines = notifications.flatMap(({ api, event, message, resource }) => {
    const fields = [...fieldsOf(document, (resource ?? message).schema)]
    const open = paths(fields, field => (field.items ?? field)['x-encrypted'] === 'rsa')
    const json = paths(fields, field => isJson(field.contentMediaType ?? '') && !field['x-encrypted'])
    const members = [
      ...list('open', open),
      ...list('json', json),
      ...(api === 'v2' ? signedFields(document, message.schema) : []),
    ]
    return members.length > 0 ? [`  ${quoted(api === 'v2' ? `v2/${event}` : event)}: { ${members.join(', ')} },`] : []
  })
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { NotificationTrait } from '../trait.ts'",
    '',
    '/** By event, an APIv2 one behind `v2/`. A notification that is not here is plain. */',
    'export const notificationTraits: Readonly<Record<string, NotificationTrait>> = {',
    ...lines,
    '}',
    '',
    '/** The APIv3 events, by what stands before the first dot, whose `mchid` or `mch_id` is the merchant that they are sent to. */',
    `export const addressedByMchid: readonly string[] = [${addressedFamilies(document, notifications).map(quoted).join(', ')}]`,
    '',
  ].join('\n')
}

/** The fields that a message always has, apart from its signature; and those that hold elements, which no signature covers. */
function signedFields(document: Document, schema: Schema): string[] {
  const { properties, required } = membersOf(document, schema)
  const nested = Object.keys(properties).filter(name => /^(?:object|array)$/.test(String(properties[name]!.type)))
  const always = [...required].filter(name => name !== 'sign' && !nested.includes(name))
  return [...list('required', always), ...list('nested', nested)]
}

/**
 * The families of events in which `mchid` is the merchant that is notified. It may be a sub-merchant where a service provider
 * (服务商) is notified as well and no other field names the one or the other: of these the field says nothing.
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

/** The members of an object at its top, those of the shapes that it extends too; of several forms those of each, none required. */
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
