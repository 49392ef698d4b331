import { request } from 'node:http'
import type { Signer } from 'wechatpay-edge'

/**
 * Creates the signer whose key another program holds.
 *
 * @param socketPath the Unix socket of that program
 * @param serial of the key's certificate
 */
export const socketSigner = (socketPath: string, serial: string): Signer => ({
  serial,
  sign: message => ask(socketPath, '/sign', message),
  decrypt: ciphertext => ask(socketPath, '/decrypt', ciphertext),
})

/** The client has a time limit of its own, but leaves the connection open: it ends here. */
const ask = (socketPath: string, path: string, bytes: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000)
    const asking = request({ socketPath, path, method: 'POST', signal }, async response => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        if (response.statusCode !== 200) throw new Error(`The holder of the key refuses: ${response.statusCode}`)
        resolve(Buffer.concat(chunks))
      } catch (error) {
        reject(error)
      }
    })
    asking.on('error', reject)
    asking.end(bytes)
  })
