import type { Sending } from './mix.ts'

/**
 * Sends them in their order, so many at any time; one that comes after another waits until that was answered.
 *
 * @returns the answers' statuses, in the order of the sendings
 */
export async function drive(
  sendings: readonly Sending[],
  concurrency: number,
  send: (sending: Sending) => Promise<number>,
): Promise<number[]> {
  const statuses: number[] = []
  const told = new Map<string, Promise<number>>()
  let next = 0
  const sender = async () => {
    for (let at = next++; at < sendings.length; at = next++) {
      const { event, after, flaw } = sendings[at]!
      // The sending that it waits for stands before it, so it is under way.
      const answered = (after === undefined ? Promise.resolve() : told.get(after)!).then(() => send(sendings[at]!))
      if (!flaw && !told.has(event.id)) told.set(event.id, answered)
      statuses[at] = await answered
    }
  }
  await Promise.all(Array.from({ length: concurrency }, sender))
  return statuses
}
