import { concat, utf8 } from '../../core/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'
import { Refusal } from '../problem.ts'

/**
 * The key under which a call is made once.
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
    detail: 'Idempotency-Key: 1 to 128 visible ASCII characters.',
  })
}

/**
 * Derives the `Idempotency-Key` that WeChat Pay gets from the caller's own. Callers choose their keys without knowing of one
 * another, and WeChat Pay keeps them per merchant: as it came, the key of one caller would stand for the call of another.
 * The same caller and key give the same text at any time and in any gateway, whatever its ledger still remembers.
 *
 * @param caller its name, without line breaks
 * @param key 1 to 128 visible ASCII characters
 * @returns 32 hex digits: the definitions bound neither length nor letters, WeChat Pay's pages allow letters and digits, and
 * its numbers for merchants have at most 32 of them
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012380498
 * @example
 * ```ts
 * await derivedKey('shop', 'build-1') // 32 hex digits, and others for any other caller
 * ```
 */
export const derivedKey = async (caller: string, key: string): Promise<string> =>
  (await sha256(utf8(`${caller}\n${key}`))).slice(0, 32)

/** All that has to be the same under one key: where the call goes, for whom, and what it says. */
export async function hashOf(
  request: Request,
  mchid: string,
  { body, bytes = new Uint8Array() }: { body: unknown; bytes: Uint8Array<ArrayBuffer> | undefined },
): Promise<string> {
  const { pathname, search } = new URL(request.url)
  const head = utf8(`${request.method} ${pathname}${search} ${mchid}\n`)
  return sha256(concat(head, body instanceof FormData ? await partsOf(body) : bytes))
}

/** Who sends a form again writes it anew, with another boundary between the same parts. Copies one file at a time to hash it. */
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
