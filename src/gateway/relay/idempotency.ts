import { concat, utf8 } from '../../core/base/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'
import { Refusal } from '../problem.ts'

/**
 * Reads the key with which a call is made only once.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws {Refusal} 400 `IDEMPOTENCY_KEY_INVALID`
 */
export function idempotencyKey({ headers }: Request): string | null {
  const key = headers.get('Idempotency-Key')
  if (key === null || /^[\x21-\x7e]{1,128}$/.test(key)) return key
  throw new Refusal({
    status: 400,
    code: 'IDEMPOTENCY_KEY_INVALID',
    detail: 'The Idempotency-Key is invalid. Use 1 to 128 visible ASCII characters.',
  })
}

/**
 * Derives the `Idempotency-Key` for WeChat Pay from that of the caller. Callers choose their keys independently, but WeChat Pay keeps
 * them per merchant: two callers with the same key would get each other's responses. The derived key depends on nothing else, so it is
 * the same at any time and in any gateway, whatever its ledger contains.
 *
 * @param caller its name, without line breaks
 * @param key 1 to 128 visible ASCII characters
 * @returns 32 hex digits. The definitions do not limit a key; WeChat Pay's pages allow letters and digits, and its numbers for
 * merchants have at most 32 of them
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012380498
 * @example
 * ```ts
 * await derivedKey('shop', 'build-1') // 32 hex digits, different for each caller
 * ```
 */
export const derivedKey = async (caller: string, key: string): Promise<string> =>
  (await sha256(utf8(`${caller}\n${key}`))).slice(0, 32)

/** Hashes everything that must be the same in all calls with a key: method, path, query, merchant and body. */
export async function hashOf(
  request: Request,
  mchid: string,
  { body, bytes = new Uint8Array() }: { body: unknown; bytes: Uint8Array<ArrayBuffer> | undefined },
): Promise<string> {
  const { pathname, search } = new URL(request.url)
  const head = utf8(`${request.method} ${pathname}${search} ${mchid}\n`)
  return sha256(concat(head, body instanceof FormData ? await partsOf(body) : bytes))
}

/** Serialises the parts of a form without its boundary, which differs when the form is sent again. Copies one file at a time to hash it. */
async function partsOf(form: FormData): Promise<Uint8Array> {
  const parts: string[][] = []
  for (const [name, value] of form)
    parts.push(
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, await sha256(await value.arrayBuffer())],
    )
  return utf8(JSON.stringify(parts))
}
