/** What the tests use of workerd's own module, beside test/worker/cloudflare.d.ts. */
declare module 'cloudflare:workers' {
  export const env: {
    /** Bound by vitest.config.ts. */
    CERTIFICATES: import('../../src/adapters/cloudflare.ts').KeyValueStore & {
      list(): Promise<{ keys: { name: string; expiration: number }[] }>
    }
  }
}
