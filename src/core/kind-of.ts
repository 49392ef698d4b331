/** Names the type of a value for an error, which never shows the value. */
export const kindOf = (value: unknown): string =>
  value === null ? 'null' : ArrayBuffer.isView(value) ? 'bytes' : Array.isArray(value) ? 'a list' : typeof value
