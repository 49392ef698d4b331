import { copyFile } from 'node:fs/promises'
import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    'core/index': 'src/core/index.ts',
    'adapters/cloudflare': 'src/adapters/cloudflare.ts',
    'adapters/node': 'src/adapters/node.ts',
    'gateway/index': 'src/gateway/index.ts',
    'simulator/index': 'src/simulator/index.ts',
  },
  platform: 'neutral',
  target: 'es2022',
  tsconfig: 'tsconfig.portable.json',
  dts: { oxc: true },
  fixedExtension: false,
  hooks: {
    'build:done': () => copyFile('src/core/endpoints/generated/openapi.json', 'dist/openapi.json'),
  },
})
