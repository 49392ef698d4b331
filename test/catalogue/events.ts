import { notificationsOf } from '../../scripts/generate/notification.ts'
import { document } from '../simulator/definition.node.ts'

/** Every notification of the definitions. */
export const events: readonly { api: 'v2' | 'v3'; event: string }[] = notificationsOf(document).map(
  ({ api, event }) => ({
    api,
    event,
  }),
)
