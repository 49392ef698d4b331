/** Returns the part of a request's body that is signed: of an upload (multipart/form-data) the text of `meta`, otherwise all of it. */
export function signedBodyOf(headers: Headers, body: string): string {
  const type = headers.get('content-type') ?? ''
  const [, quoted, plain] = /^multipart\/form-data;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return body
  const meta = body.split(`--${boundary}`).find(part => /^content-disposition:.*\bname="?meta"?(?:;|\s*$)/im.test(part))
  return meta === undefined ? body : meta.replace(/^.*?\r?\n\r?\n/s, '').replace(/\r?\n$/, '')
}
