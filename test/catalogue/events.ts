import { notificationsOf } from '../../scripts/generate/notification.ts'
import type { Api } from '../../src/definitions/call.ts'
import { document } from '../simulator/definition.node.ts'

/** The events that ask the merchant a question. */
export const questions: readonly string[] = notificationsOf(document)
  .filter(({ operation }) => operation['x-question'])
  .map(({ event }) => event)

/** Every notification of the definitions. */
export const events: readonly { api: Api; event: string }[] = notificationsOf(document).map(({ api, event }) => ({
  api,
  event,
}))
