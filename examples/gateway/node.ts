// The same on Node: node examples/gateway/node.ts
import { serve } from '@hono/node-server'
import gateway from './index.ts'

serve({ ...gateway, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})
