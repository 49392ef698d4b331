/** A name that can be a segment of a path and a label of a host name. */
export const NAMESPACE: RegExp = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i

/** The rule of {@link NAMESPACE} in words. */
export const NAMESPACE_RULE = '1 to 63 letters, digits and -, with - at neither end'

/** Returns the name as it is stored: without upper case, because a host name, which can name a namespace, has no case. */
export const normalizeName = (name: string): string => name.toLowerCase()

/** The namespaces of a simulator that serves, for its control API. */
export interface NamespaceList {
  list(): string[]
  /** @throws {NamespaceError} */
  create(name: string): Promise<void>
  /** @throws {NamespaceError} */
  remove(name: string): Promise<void>
}

/** A request names a namespace that there is not, and that cannot be created. */
export class NamespaceError extends Error {
  override readonly name: string = 'NamespaceError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The part of a request that names a namespace. */
export interface Address {
  /** Absent: none, the request is for the simulator itself. */
  readonly name: string | undefined
  /** Beginning of the path that only names it, `/ns/a`; empty if something else does. */
  readonly prefix: string
  /** Path and query without the prefix. */
  readonly target: string
}

/** WeChat Pay has no path that begins like it. */
const IN_PATH = /^\/ns\/([^/?#]*)(?=[/?#]|$)/
const IN_HOST = /^([^.]+)\.ns\.localhost$/i

/**
 * Finds the namespace that a request names: by its path, its header `Simulator-Namespace`, or its host name, in this order.
 *
 * @param target path and query as they were sent
 */
export function readAddress({ headers, url }: Request, target: string): Address {
  const [prefix, inPath] = IN_PATH.exec(target) ?? []
  if (prefix !== undefined && inPath !== undefined) {
    const rest = target.slice(prefix.length)
    return { name: normalizeName(inPath), prefix, target: rest.startsWith('/') ? rest : `/${rest}` }
  }
  const name = headers.get('simulator-namespace') ?? IN_HOST.exec(new URL(url).hostname)?.[1]
  return { name: name === undefined ? undefined : normalizeName(name), prefix: '', target }
}
