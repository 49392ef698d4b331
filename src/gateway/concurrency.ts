/**
 * Concurrent requests of one invocation, a batch or a sweep. Cloudflare opens six connections per invocation, and the time for which a
 * request waits for one counts towards its timeout; the sixth is left for keys and the outbox.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
 */
export const CONCURRENCY = 5
