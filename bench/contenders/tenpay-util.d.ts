/** Declares the measured functions of tenpay, which has no types. */
declare module 'tenpay/lib/util.js' {
  export function md5(text: string): string
  export function sha256(text: string, key: string): string
  export function buildXML(fields: object): string
  export function parseXML(xml: string): Promise<object>
}
