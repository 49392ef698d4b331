import { expect, test } from 'vitest'
import { readPackagedFile } from '../../src/console-files/packaged-files.ts'
import { serveConsole } from '../../src/console-files/serve-console.ts'

/** Returns the policy of a file, by directive, and how long it may be kept. */
async function headersOf(path: string, serves: 'simulator' | 'gateway') {
  const { headers } = await serveConsole(new Request(`https://shop.example/console/${path}`), {
    serves: [serves],
    read: readPackagedFile,
  })
  const directives = headers.get('content-security-policy')!.split('; ')
  const policy = Object.fromEntries(directives.map(directive => directive.split(/ (.*)/).slice(0, 2)))
  return { policy, caching: headers.get('cache-control') }
}

test.each(['simulator', 'gateway'] as const)(
  'the page that keys are pasted into may connect to nothing and is kept by no cache, served with a %s',
  async serves => {
    const { policy, caching } = await headersOf('workbench.html', serves)
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'connect-src': "'none'",
      'img-src': 'data:',
      'script-src': "'self'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(caching).toBe('no-store')
  },
)

test.each(['cashier.html', 'cashier.js', 'cashier.css', 'bridge.js'])(
  'a gateway does not serve %s, with which the simulator pays',
  async name => {
    const request = () => new Request(`https://shop.example/console/${name}`)
    expect((await serveConsole(request(), { serves: ['simulator'], read: readPackagedFile })).status).toBe(200)
    await expect(serveConsole(request(), { serves: ['gateway'], read: readPackagedFile })).rejects.toMatchObject({
      status: 404,
    })
  },
)

test('a file that a browser has is not sent again, also where a proxy has made its ETag a weak one', async () => {
  const serve = (headers: Record<string, string>) =>
    serveConsole(new Request('https://shop.example/console/main.js', { headers }), {
      serves: ['gateway'],
      read: readPackagedFile,
    })
  const etag = (await serve({})).headers.get('etag')!
  const statuses = [etag, `W/${etag}`, `"other", W/${etag}`, '*', '"other"', 'W/"other"', ''].map(
    async header => (await serve({ 'if-none-match': header })).status,
  )
  expect(await Promise.all(statuses)).toEqual([304, 304, 304, 304, 200, 200, 200])
})

test('the console itself connects to its own origin only', async () => {
  const { policy, caching } = await headersOf('', 'simulator')
  expect(policy['connect-src']).toBe("'self'")
  expect(caching).toBe('no-cache')
})

test('two responses share the bytes of a file, so that a client that does not read costs no copy', async () => {
  const chunkOf = async () => {
    const { body } = await serveConsole(new Request('https://shop.example/console/main.js'), {
      serves: ['gateway'],
      read: readPackagedFile,
    })
    const reader = body!.getReader()
    const { value } = await reader.read()
    expect(await reader.read()).toMatchObject({ done: true })
    return value!
  }
  const [first, second] = [await chunkOf(), await chunkOf()]
  expect(second.buffer).toBe(first.buffer)
  expect(new TextDecoder().decode(first)).toBe((await readPackagedFile('main.js'))!.text)
})
