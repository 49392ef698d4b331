import { notificationsOf } from '../../scripts/generate/notification.ts'
import type { Api } from '../../src/definitions/call.ts'
import { document } from '../simulator/definition.node.ts'

/** Every notification of the definitions. */
export const events: readonly { api: Api; event: string }[] = notificationsOf(document).map(({ api, event }) => ({
  api,
  event,
}))
