// The program that holds the key: node examples/signer/node/holder.ts signer.sock < apiclient_key.pem
// Run it as another user than the shop. In place of the key in its memory it may use PKCS#11, a smart card or a TPM.
import { constants, createPrivateKey, privateDecrypt, sign } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { mayBeSigned } from '../policy.ts'

/** WeChat Pay accepts no request that is longer, but uploads, of which only the `meta` is signed. */
const MAX_BYTES = 2 ** 20

const socket = process.argv[2]!
const key = createPrivateKey(readFileSync(0))

const server = createServer(async (request, response) => {
  try {
    const bytes = await readBytes(request)
    if (request.url === '/sign' && mayBeSigned(bytes)) return response.end(sign('sha256', bytes, key))
    if (request.url === '/decrypt') return response.end(decrypt(bytes))
    // Its own log may say what was refused; the shop learns nothing of it.
    response.writeHead(403).end()
  } catch {
    response.writeHead(400).end()
  }
})

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new RangeError('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Decrypts a field (敏感信息解密): RSA-OAEP with SHA-1. */
const decrypt = (bytes: Buffer): Buffer =>
  privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, bytes)

server.listen(socket, () => {
  // Only this user and its group may connect: put the shop into the group.
  chmodSync(socket, 0o660)
  console.log('holding the key')
})
