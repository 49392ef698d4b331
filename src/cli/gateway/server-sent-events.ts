/** A message of a stream of server-sent events. */
export interface ServerSentEvent {
  /** The name of the event; undefined for `message`. */
  readonly event: string | undefined
  /** Undefined if the message has none. */
  readonly id: string | undefined
  readonly data: string
}

/** Characters of a message. The gateway's longest have a resource, and its text once more within JSON. */
const MAX_LENGTH = 16_000_000

/**
 * Parses server-sent events. A message that the stream breaks off is dropped, as the standard says.
 *
 * @throws {Error} a message is longer than 16 MB
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readServerSentEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let lines: string[] = []
  let length = 0
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    if (rest.length + length > MAX_LENGTH) throw new Error('The message is too long.')
    // A carriage return at the end of a chunk may be the first half of a line break.
    const complete = rest.endsWith('\r') ? rest.slice(0, -1) : rest
    const parts = complete.split(/\r\n|\n|\r/)
    rest = parts.pop()! + rest.slice(complete.length)
    for (const line of parts) {
      if (line !== '') {
        lines.push(line)
        length += line.length
        continue
      }
      const message = messageOf(lines)
      lines = []
      length = 0
      if (message) yield message
    }
  }
}

function messageOf(lines: readonly string[]): ServerSentEvent | undefined {
  const data: string[] = []
  const last: { event?: string; id?: string } = {}
  for (const line of lines) {
    // A line that begins with a colon is a comment.
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') data.push(value)
    else if (name === 'event' || name === 'id') last[name] = value
  }
  return data.length === 0 ? undefined : { event: last.event, id: last.id, data: data.join('\n') }
}
