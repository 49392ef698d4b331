/** tenpay has no types of its own. */
declare module 'tenpay' {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const Payment: new (config: object) => any
  export default Payment
}
