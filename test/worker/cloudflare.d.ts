/** What the tests use of workerd's own module. */
declare module 'cloudflare:workers' {
  /** The Worker of wrangler.toml, called from outside. */
  export const exports: { default: { fetch: typeof fetch } }
}
