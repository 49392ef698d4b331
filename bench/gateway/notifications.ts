import { createPlatform, type Event, type Message } from '../../test/load/wechatpay.ts'

/** Number of notifications signed at once, because RSA runs on other threads. */
const CHUNK = 256

export const platform = createPlatform()
let made = 0

/** Creates and signs notifications with new ids. */
export async function newNotifications(count: number): Promise<Message[]> {
  const messages: Message[] = []
  while (messages.length < count) {
    const length = Math.min(CHUNK, count - messages.length)
    const chunk = await Promise.all(Array.from({ length }, () => platform.write(nextEvent())))
    messages.push(...chunk)
  }
  return messages
}

function nextEvent(): Event {
  const transaction_id = `42000${made++}`
  return { id: `bench-${transaction_id}`, event: 'TRANSACTION.SUCCESS', transaction_id, created: Date.now() }
}
