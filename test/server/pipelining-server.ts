// The HTTP server in the runtime that runs this. Prints its port, and ends with its input.
import process from 'node:process'
import { listenHttp } from '../../src/server/http.ts'

const { port } = await listenHttp({ hostname: '127.0.0.1', port: 0, fetch: async () => new Response('ok') })
console.log(port)
process.stdin.on('end', () => process.exit()).resume()
