import { fieldsOf } from './fields.ts'
import type { Linked } from './link.ts'
import { notificationId } from './names.ts'
import { type Document, isWhollyEncrypted, type Merged, type Operation, type PathItem } from './openapi.ts'
import type { Path, Problems, Source } from './source.ts'

/** Merges the notifications of all files, by event with the prefix `v2/` for APIv2. */
export function mergeWebhooks(
  linked: readonly Linked[],
  components: Merged,
  problems: Problems,
): Record<string, PathItem> {
  const merged: Record<string, PathItem> = {}
  for (const { source, document } of linked) {
    for (const [event, item] of Object.entries(document.webhooks ?? {})) {
      const key = source.api === 'v2' ? `v2/${event}` : event
      const at = ['webhooks', event]
      const wrong = Object.keys(item).find(method => method !== 'post')
      if (wrong) problems.add(source, [...at, wrong], `a webhook is a post, but ${event} has ${wrong}`)
      if (merged[key]) problems.add(source, at, `webhook ${event} is already defined`)
      else if (checkWebhook(source, at, event, item.post as Operation | undefined, components, problems)) {
        merged[key] = { post: notified(source, document, event, item.post as Operation) }
      }
    }
  }
  return merged
}

/** Completes a webhook with the facts of its file. No security scheme applies, because WeChat Pay is the caller. */
function notified(source: Source, document: Document, event: string, operation: Operation): Operation {
  const { summary, externalDocs, ...rest } = operation
  return {
    operationId: notificationId(source.api, source.file, event),
    tags: [document.info.title],
    summary,
    externalDocs,
    ...rest,
    security: [],
    'x-api': source.api,
  }
}

/**
 * Checks that a webhook has a body, that its `event_type` is this event, and that outside APIv2 it has an
 * encrypted resource.
 */
function checkWebhook(
  source: Source,
  at: Path,
  event: string,
  operation: Operation | undefined,
  components: Merged,
  problems: Problems,
): boolean {
  const [media] = Object.values(operation?.requestBody?.content ?? {})
  if (!media?.schema) {
    problems.add(source, [...at, 'post'], `webhook ${event} has no requestBody with a schema`)
    return false
  }
  const fields = [...fieldsOf({ components } as unknown as Document, media.schema)]
  const named = fields.filter(([path]) => path === 'event_type').flatMap(([, { enum: values = [] }]) => values)
  if (named.length > 0 && !named.includes(event)) {
    problems.add(source, [...at, 'post'], `webhook ${event} has the event_type ${named.join()}`)
  }
  if (source.api !== 'v2' && !fields.some(([, field]) => isWhollyEncrypted(field) && field.contentSchema)) {
    problems.add(source, [...at, 'post'], `webhook ${event} has no encrypted field with a contentSchema`)
  }
  return true
}
