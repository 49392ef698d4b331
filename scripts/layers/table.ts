/** A room of the code, with everything that its files may import besides each other. */
export interface Room {
  readonly name: string
  /** Files and folders, from the root of the repository. */
  readonly paths: readonly string[]
  /** Rooms below this one in the table. `core` means every room whose name begins with `core/`. */
  readonly rooms: readonly string[]
  /** Specifiers of packages and of built-in modules; a final `*` matches any text. */
  readonly packages: readonly string[]
}

/** Returns whether a path, or the name of a room, is another one or lies below it: `core/base` lies below `core`. */
export const isBelow = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/**
 * The layers, from top to bottom. A room imports only what its row allows, types included, and only rooms below it; a
 * row allows only imports that exist. `npm run lint` checks both, `npm run graph` draws the table into ARCHITECTURE.md.
 */
export const ROOMS: readonly Room[] = [
  {
    name: 'examples',
    paths: ['examples'],
    rooms: [],
    packages: [
      'wechatpay-edge',
      'wechatpay-edge/*',
      'node:*',
      '@hono/node-server',
      'vite',
      // Each of examples/frameworks is a project with a package.json of its own.
      'express',
      'koa',
      'fastify',
      'hono',
      'reflect-metadata',
      '@nestjs/*',
      'h3',
      'nuxt/config',
      '@sveltejs/*',
      'cloudflare:workers',
    ],
  },
  // A web page: it shares only types with the simulator, and calls it with the client.
  {
    name: 'console',
    paths: ['src/console'],
    rooms: ['gateway', 'diagnosis', 'adapters', 'simulator', 'console-files', 'definitions', 'core'],
    packages: ['preact', 'preact/hooks', 'qr/decode.js'],
  },
  {
    name: 'worker',
    paths: ['worker'],
    rooms: ['storage', 'gateway', 'adapters', 'simulator', 'core'],
    packages: ['cloudflare:workers'],
  },
  {
    name: 'cli',
    paths: ['src/cli'],
    rooms: ['server', 'storage', 'gateway', 'adapters', 'flows', 'diagnosis', 'simulator', 'definitions', 'core'],
    packages: ['node:*', 'undici', '@peculiar/x509', '@peculiar/asn1-*', '@modelcontextprotocol/server*'],
  },
  {
    name: 'server',
    paths: ['src/server'],
    rooms: ['storage', 'gateway', 'adapters', 'core'],
    packages: ['node:*', '@hono/node-server'],
  },
  {
    name: 'opentelemetry',
    paths: ['src/opentelemetry'],
    rooms: ['gateway', 'core'],
    packages: ['@opentelemetry/api'],
  },
  { name: 'storage', paths: ['src/storage'], rooms: ['gateway', 'core'], packages: ['node:*', 'pg'] },
  {
    name: 'gateway',
    paths: ['src/gateway'],
    rooms: ['flows', 'console-files', 'definitions', 'core'],
    packages: ['hono', 'ipaddr.js', 'jose', 'qr'],
  },
  // Used only by worker, server and cli: the gateway and the flows run without an adapter.
  { name: 'adapters', paths: ['src/adapters'], rooms: ['definitions', 'core'], packages: ['node:*', 'undici'] },
  { name: 'flows', paths: ['src/flows'], rooms: ['definitions', 'core'], packages: ['@noble/hashes/legacy.js'] },
  // Runs the simulator in a container.
  {
    name: 'testcontainers',
    paths: ['src/testcontainers'],
    rooms: ['simulator'],
    packages: ['testcontainers'],
  },
  // Says what is wrong with a message, for the command line and the console, as findings without words.
  { name: 'diagnosis', paths: ['src/diagnosis'], rooms: ['simulator', 'definitions', 'core'], packages: [] },
  // Simulates the other side: it never imports the client or the protocol, because it would share their mistakes.
  {
    name: 'simulator',
    paths: ['src/simulator'],
    rooms: ['console-files', 'definitions', 'core/codec', 'core/crypto', 'core/base'],
    packages: ['txml/txml'],
  },
  // The console as files, and how they are served. Simulator and gateway serve the same page.
  { name: 'console-files', paths: ['src/console-files'], rooms: [], packages: [] },
  {
    name: 'core/index',
    paths: ['src/core/index.ts'],
    rooms: ['core/notification', 'core/client', 'core/options', 'definitions', 'core/codec', 'core/base'],
    packages: [],
  },
  {
    name: 'core/notification',
    paths: ['src/core/notification'],
    rooms: ['core/client', 'core/protocol', 'definitions', 'core/codec', 'core/crypto', 'core/base'],
    packages: [],
  },
  {
    name: 'core/client',
    paths: ['src/core/client'],
    rooms: ['core/protocol', 'core/options', 'definitions', 'core/codec', 'core/base'],
    packages: [],
  },
  {
    name: 'core/protocol',
    paths: ['src/core/protocol'],
    rooms: ['core/options', 'definitions', 'core/codec', 'core/crypto', 'core/base'],
    packages: [],
  },
  {
    name: 'core/options',
    paths: ['src/core/options'],
    rooms: ['definitions', 'core/crypto', 'core/base'],
    packages: [],
  },
  { name: 'definitions', paths: ['src/definitions'], rooms: ['core/codec'], packages: [] },
  { name: 'core/codec', paths: ['src/core/codec'], rooms: ['core/base'], packages: [] },
  { name: 'core/crypto', paths: ['src/core/crypto'], rooms: ['core/base'], packages: [] },
  {
    name: 'core/base',
    paths: ['src/core/base'],
    rooms: [],
    packages: [],
  },
]
