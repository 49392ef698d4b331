import { EventSourceParserStream } from 'eventsource-parser/stream'

/** A message of an event stream, as another implementation of the standard reads it. */
export interface StreamMessage {
  readonly id: string | undefined
  readonly event: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly data: any
}

export interface OpenStream {
  /** Waits for the next message; undefined at the end of the stream. */
  next(): Promise<StreamMessage | undefined>
  /** Waits for the given number of events, without positions. */
  events(count: number): Promise<StreamMessage[]>
  /** The `id` of the last message. */
  readonly lastId: string
  close(): Promise<void>
}

/** Reads a stream of server-sent events with eventsource-parser. */
export function readStream(response: Response): OpenStream {
  if (!response.body) throw new Error('The response has no body.')
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as never)
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  let lastId = ''
  const next = async (): Promise<StreamMessage | undefined> => {
    const { done, value } = await reader.read()
    if (done) return undefined
    lastId = value.id ?? lastId
    return { id: value.id, event: value.event, data: JSON.parse(value.data) }
  }
  return {
    next,
    async events(count) {
      const events: StreamMessage[] = []
      while (events.length < count) {
        const message = await next()
        if (!message) throw new Error(`The stream ended after ${events.length} events.`)
        if (message.event === undefined) events.push(message)
      }
      return events
    },
    get lastId() {
      return lastId
    },
    close: () => reader.cancel(),
  }
}
