import type { Command } from '../command.ts'
import { jsonText } from '../terminal.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connect } from './connection.ts'
import { EVENT_PATTERN_OPTION, readEventPatterns } from './event-option.ts'
import { clockTime, type EventRow, eventColumn, lineOf, numberOf } from './event-row.ts'
import { followEvents } from './event-source.ts'
import { readSince, SINCE_OPTION } from './start-time.ts'

export const tail: Command = {
  name: 'tail',
  description: `Prints the events of a gateway as it records them, one line each, and goes on when the gateway is restarted.
A line has the time, the event, the merchant's number and WeChat Pay's, but no names and no amounts.`,
  options: [EVENT_PATTERN_OPTION, SINCE_OPTION, ...CONNECTION_OPTIONS],
  epilogue: `wechatpay-edge listen forwards them to a program on this machine. Ctrl-C ends it.
${CONNECTION_HELP}`,

  async run(values, terminal) {
    const { print, warn, stopped } = terminal
    const since = readSince(values.since as string | undefined, Date.now())
    const patterns = readEventPatterns(values)
    const gateway = await connect(values, terminal)
    const messages = followEvents(gateway, {
      events: patterns,
      since,
      signal: stopped,
      onOpen() {
        if (!values.json) warn(`Events of ${gateway.mchid} at ${gateway.url}, until you press Ctrl-C:`)
      },
      onConnection: ({ isLost, reason }) => warn(isLost ? `${reason} Connecting again.` : 'Connected again.'),
    })
    for await (const { event: kind, data } of messages) {
      if (kind !== undefined) continue
      const row = JSON.parse(data) as EventRow
      const { received_at, event, numbers, seq } = row
      print(
        values.json
          ? jsonText(row)
          : lineOf(clockTime(received_at), eventColumn(event), numberOf(row), numbers.transaction_id, `#${seq}`),
      )
    }
  },
}
