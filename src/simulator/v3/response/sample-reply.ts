import { type Bytes, fromBase64, utf8 } from '../../../core/base/bytes.ts'
import { replaceFields } from '../../../core/codec/fields.ts'
import { sha1, sha256 } from '../../../core/crypto/digest.ts'
import { encrypt } from '../../../core/crypto/rsa.ts'
import type { Endpoint } from '../../catalogue/catalogue.ts'
import { encryptedPaths } from '../../catalogue/encrypted-paths.ts'
import type { Values } from '../../catalogue/violation.ts'
import type { SimulatorContext } from '../../context.ts'
import { sampleReply } from '../../sample/sample-reply.ts'
import { PICTURE } from '../../sample/sample-value.ts'
import type { RouteInput, RouteResult } from '../route.ts'

/** Creates the reply of an endpoint without a route from its definition. */
export async function sampleReplyV3(
  endpoint: Endpoint,
  { origin, path, query, lists, body }: RouteInput,
  context: SimulatorContext,
): Promise<RouteResult> {
  if (endpoint.kind === 'empty') return { status: 204 }
  if (endpoint.kind === 'file') return sampleFile(endpoint)
  const sample = sampleReply(endpoint, { ...body, ...query, ...lists, ...path }, context)
  const values = await addDownload(sample, origin, endpoint, context)
  const paths = encryptedPaths(endpoint.response?.fields ?? [])
  const encrypted = await replaceFields(values, paths, text =>
    encrypt(truncate(String(text)), context.encryptionKey, context.crypto),
  )
  return { status: 200, body: encrypted as object }
}

/** Adds the file that a reply offers for download, and its URL and hash to the reply. */
async function addDownload(
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

/** Truncates a text for RSA-OAEP, which encrypts up to 214 bytes. A UTF-16 code unit needs at most three bytes. */
const truncate = (text: string): string => text.slice(0, 71)

/** Content of a sample file, by the title of its endpoint. */
const FILES: readonly (readonly [title: RegExp, content: Bytes])[] = [
  [/图片/, fromBase64(PICTURE)],
  [/PDF|回单|发票/, utf8('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')],
  [/(?:)/, utf8('\ufeff模拟文件\r\n')],
]

const sampleFile = ({ title }: Endpoint): RouteResult => ({
  status: 200,
  body: FILES.find(([pattern]) => pattern.test(title))![1],
  unsigned: true,
  type: 'application/octet-stream',
})
