// A program of its own: a gateway whose log goes to the standard output, and which is refused something again and again. Whatever
// it says on the standard error is how far it has come.
import { createServer } from '../../src/server/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { environmentOf } from '../adapters/local.ts'

const { merchant } = await createSimulator()
const server = await createServer({
  environment: {
    ...environmentOf(merchant),
    GATEWAY_TOKEN: `sha256:${'a'.repeat(64)}`,
    GATEWAY_DATA: ':memory:',
  },
})
for (let turn = 0; ; turn++) {
  await server.fetch(new Request('https://gateway.example/v3/x', { headers: { authorization: 'Bearer wrong' } }))
  console.error(turn)
  await new Promise(resolve => setTimeout(resolve, 20))
}
