import { nearestName } from '../../../core/base/nearest-name.ts'
import { brandEventNames, eventNames } from '../../../definitions/generated/event-names.ts'
import { definitionOf } from '../../../simulator/catalogue/notification.ts'
import { describeFields } from '../catalogue/fields.ts'
import { openApi } from '../catalogue/openapi.ts'
import { boundRows, officialPages } from '../catalogue/operation.ts'
import type { Tool } from '../tool.ts'
import { ToolError } from '../tool-error.ts'

/** Events that a search returns. */
const MAX_EVENTS = 30

export const describeNotification: Tool = {
  name: 'describe_notification',
  title: 'Describe a notification',
  description:
    'Returns the fields of a notification (回调通知) of WeChat Pay after decryption, its official pages, and the handler’s key in wechatpay-edge; or, for words of a title or a part of a name, the events that have them. There are 119.',
  properties: {
    event: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'Name of the event, or words: TRANSACTION.SUCCESS, v2/transaction-success, REFUND, 退款.',
    },
  },
  required: ['event'],
  reach: 'this process',
  async run({ event: given }) {
    const { webhooks } = openApi()
    const event = given as string
    // An event that only APIv2 has is named without its prefix.
    const keyOf = (name: string) => (name in webhooks ? name : `v2/${name}`)
    const titleOf = (name: string) => webhooks[keyOf(name)]?.post.summary
    if (!eventNames.includes(event)) {
      const words = event.toLowerCase()
      const found = eventNames.filter(name => `${name} ${titleOf(name)}`.toLowerCase().includes(words))
      if (found.length > 0)
        return { events: found.slice(0, MAX_EVENTS).map(name => ({ event: name, title: titleOf(name) })) }
      const near = nearestName(event, eventNames)
      throw new ToolError(
        'EVENT_UNKNOWN',
        `No event has ${JSON.stringify(event)} in its name or title.`,
        near ? `Is ${near} meant? Words of a Chinese title work, too.` : 'Use a part of a name, or of a Chinese title.',
      )
    }
    const key = keyOf(event)
    const operation = webhooks[key]?.post
    const api = key.startsWith('v2/') ? 'v2' : brandEventNames.includes(event) ? 'brand' : 'v3'
    const definition = definitionOf({ api, event: key.replace(/^v2\//, '') })
    return {
      event,
      title: titleOf(event) ?? definition?.title,
      product: operation?.tags?.[0],
      docs: operation && officialPages(operation),
      handler: `{ ${JSON.stringify(event)}: ({ resource }) => … }`,
      fields: boundRows(describeFields(definition?.fields ?? [])),
    }
  },
}
