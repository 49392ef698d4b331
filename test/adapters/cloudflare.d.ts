/** The parts of workerd's own module that these tests use, in addition to test/worker/cloudflare.d.ts. */
declare module 'cloudflare:workers' {
  /** The bindings of wrangler.toml; and those of vitest.config.ts. */
  export const env: import('../../worker/bindings.ts').Env & {
    CERTIFICATES: import('../../src/adapters/cloudflare.ts').KeyValueStore & {
      list(): Promise<{ keys: { name: string; expiration: number }[] }>
    }
    THREE_NOTIFICATIONS: import('../../worker/bindings.ts').RateLimiter
  }
}
