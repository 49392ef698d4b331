const encoder = new TextEncoder()

/** Arguments of `fetch` that state everything as text or bytes. */
export interface PlainRequest extends RequestInit {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer> | null
}

const PLAIN_METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** Returns whether a request can be read without a `Request`, whose creation takes longer than the verification of a signature. */
export function isPlain(input: unknown, init: RequestInit | undefined): init is PlainRequest {
  if (typeof input !== 'string' || !init) return false
  const { method, headers, body } = init
  // A dispatcher of undici's, such as a proxy.
  if ('dispatcher' in init) return false
  const isText = body == null || typeof body === 'string' || body instanceof Uint8Array
  return (
    isText &&
    PLAIN_METHODS.has(method) &&
    (method === 'GET') === (body == null) &&
    headers !== undefined &&
    Object.getPrototypeOf(headers) === Object.prototype
  )
}

/** Returns the headers of a request, with names in lower case. */
export function readPlainHeaders({ headers, body }: PlainRequest): Record<string, string> {
  const named: Record<string, string> = typeof body === 'string' ? { 'content-type': 'text/plain;charset=UTF-8' } : {}
  for (const [name, value] of Object.entries(headers)) named[name.toLowerCase()] = value
  return named
}

export const readPlainBody = ({ body }: PlainRequest): Uint8Array =>
  typeof body === 'string' ? encoder.encode(body) : (body ?? new Uint8Array())
