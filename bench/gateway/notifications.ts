import { createPlatform, type Event, type Message } from '../../test/load/wechatpay.ts'

/** Signed at once: RSA is done on other threads. */
const CHUNK = 256

export const platform = createPlatform()
let made = 0

/** Notifications that nobody has seen yet, signed now. */
export async function newNotifications(count: number): Promise<Message[]> {
  const messages: Message[] = []
  while (messages.length < count)
    messages.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(CHUNK, count - messages.length) }, () => platform.write(nextEvent())),
      )),
    )
  return messages
}

function nextEvent(): Event {
  const transaction_id = `42000${made++}`
  return { id: `bench-${transaction_id}`, event: 'TRANSACTION.SUCCESS', transaction_id, created: Date.now() }
}
