/**
 * Requests that one invocation of the gateway, a batch or a sweep, has under way at once. Cloudflare opens six connections per
 * invocation, and a request that waits for one waits within its own timeout; the sixth is left for keys and the outbox.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
 */
export const CONCURRENCY = 5
