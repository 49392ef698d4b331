import { fromBase64, utf8 } from '../../core/bytes.ts'
import { replaceFields } from '../../core/codec/fields.ts'
import { sha1, sha256 } from '../../core/crypto/digest.ts'
import { seal } from '../../core/crypto/rsa.ts'
import type { Endpoint } from '../catalogue/catalogue.ts'
import { encryptedPaths } from '../catalogue/encrypted-paths.ts'
import { sampleReply } from '../catalogue/sample-reply.ts'
import { PICTURE } from '../catalogue/sample-value.ts'
import type { Values } from '../catalogue/violation.ts'
import type { SimulatorContext } from '../context.ts'
import type { Call, Reply } from './route.ts'

/** The answer of an endpoint that has no route of its own: made from its definition, sealed where that says so. */
export async function sampleReplyV3(
  endpoint: Endpoint,
  { origin, path, query, lists, body }: Call,
  context: SimulatorContext,
): Promise<Reply> {
  if (endpoint.kind === 'empty') return { status: 204 }
  if (endpoint.kind === 'file') return file(endpoint)
  const made = sampleReply(endpoint, { ...body, ...query, ...lists, ...path }, context)
  const values = await withDownload(made, origin, endpoint, context)
  const paths = encryptedPaths(endpoint.response?.fields ?? [])
  const sealed = await replaceFields(values, paths, text =>
    seal(fitting(String(text)), context.encryptionKey, context.crypto),
  )
  return { status: 200, body: sealed as object }
}

/** What the answer offers for download can be downloaded, and has the hash that the answer says. */
async function withDownload(
  values: Values,
  origin: string,
  { title }: Endpoint,
  { downloads, crypto }: SimulatorContext,
): Promise<Values> {
  const { download_url, hash_type, hash_value } = values
  const hash = HASHES[String(hash_type)]
  if (download_url === undefined || hash_value === undefined || !hash) return values
  const content = utf8(`\ufeff${title}\r\n`)
  const token = downloads.add(content, String(hash_value))
  return {
    ...values,
    download_url: `${origin}/v3/billdownload/file?token=${token}`,
    hash_value: await hash(content, crypto),
  }
}

const HASHES: Readonly<Record<string, typeof sha1>> = { SHA1: sha1, SHA256: sha256 }

/** RSA-OAEP takes 214 bytes; no character needs more than three of them, or four for two. */
const fitting = (text: string): string => text.slice(0, 71)

/** The content of a file, by what its endpoint is called. */
const FILES: readonly (readonly [title: RegExp, content: Uint8Array<ArrayBuffer>])[] = [
  [/图片/, fromBase64(PICTURE)],
  [/PDF|回单|发票/, utf8('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')],
  [/(?:)/, utf8('\ufeff模拟文件\r\n')],
]

const file = ({ title }: Endpoint): Reply => ({
  status: 200,
  body: FILES.find(([pattern]) => pattern.test(title))![1],
  unsigned: true,
  type: 'application/octet-stream',
})
