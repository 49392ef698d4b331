import type { IndexedEntry } from './definition.ts'

/** The part of the console that an address names. */
export type Target =
  | { readonly kind: 'search'; readonly query: string }
  /** `#/v3/pay/transactions/native`, with `?method=GET` if the path has several methods */
  | { readonly kind: 'endpoint'; readonly name: string; readonly method: string | undefined }
  /** `#/notification/REFUND.SUCCESS` */
  | { readonly kind: 'notification'; readonly name: string }

/** First segments of the addresses of the explorer. */
export const EXPLORER_SEGMENTS: readonly string[] = ['explorer', 'v3', 'v2', 'brand', 'notification']

/** Reads the part of an address that follows `#`. */
export function readTarget(hash: string): Target {
  const [path = '', query = ''] = hash.split(/\?(.*)/s)
  const parameters = new URLSearchParams(query)
  const [, first, ...rest] = path.split('/')
  if (first === 'notification') return { kind: 'notification', name: decode(rest.join('/')) }
  if (first === undefined || first === 'explorer' || !EXPLORER_SEGMENTS.includes(first))
    return { kind: 'search', query: parameters.get('q') ?? '' }
  return { kind: 'endpoint', name: decode(path), method: parameters.get('method')?.toUpperCase() }
}

/** Decodes a path as far as it is encoded correctly: an address may be written by hand. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Returns the address of an entry. */
export const addressOf = ({ method, name }: Pick<IndexedEntry, 'method' | 'name'>): string =>
  method === undefined ? `#/notification/${name}` : `#${name}?method=${method}`

/**
 * Finds the entry that a target names. A path may be filled in: `/v3/pay/transactions/id/4200…`.
 *
 * @param entries of the index
 */
export function findEntry(target: Target, entries: readonly IndexedEntry[]): IndexedEntry | undefined {
  if (target.kind === 'search') return undefined
  if (target.kind === 'notification')
    return entries.find(({ name, method }) => method === undefined && name === target.name)
  const wanted = target.name.replace(/\/$/, '')
  const isMethod = ({ method }: IndexedEntry): boolean =>
    method !== undefined && (target.method === undefined || method === target.method)
  const segments = wanted.split('/')
  return (
    entries.find(entry => isMethod(entry) && entry.name.replace(/\/$/, '') === wanted) ??
    entries.find(entry => isMethod(entry) && fits(entry.name.replace(/\/$/, '').split('/'), segments))
  )
}

const fits = (template: readonly string[], segments: readonly string[]): boolean =>
  template.length === segments.length &&
  template.every((part, at) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at]))

/** A request line, a URL or a path, as it is in a log: `POST https://api.mch.weixin.qq.com/v3/pay/transactions/native?x=y HTTP/1.1`. */
const PASTED =
  /^(?:(get|post|put|patch|delete)\s+)?(?:https?:\/\/[^/\s]+)?\/?([^\s?#]+)(?:[?#]\S*)?(?:\s+http\/[\d.]+)?$/i

/**
 * Finds the endpoints that somebody has pasted the request of. Its path may be filled in; that of APIv2 may be without `/v2`, as it is
 * sent, and one of a simulator or a proxy may have something before it.
 *
 * @param entries of the index
 * @returns those with the method that is given; otherwise, all of the path
 */
export function findPasted(text: string, entries: readonly IndexedEntry[]): IndexedEntry[] {
  const [, method, given] = PASTED.exec(text.trim()) ?? []
  if (given === undefined || !given.includes('/')) return []
  const path = `/${given}`
  const [within = path] = /\/(?:v3|v2|brand)\/.*$/.exec(path) ?? []
  for (const name of [within, `/v2${path}`]) {
    const target = { kind: 'endpoint', name, method: method?.toUpperCase() } as const
    const found = findEntry(target, entries)
    if (found)
      return entries.filter(
        entry => entry.name === found.name && (method === undefined || entry.method === found.method),
      )
  }
  return []
}
