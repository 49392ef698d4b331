import { GenericContainer } from 'testcontainers'
import { expect, it } from 'vitest'
import { SimulatorContainer } from '../../src/testcontainers/index.ts'

it('is a container as Testcontainers has them, whose methods can follow each other', () => {
  const container: SimulatorContainer = new SimulatorContainer('simulator')
    .withNetworkAliases('wechatpay')
    .withOptions('--seed', 'shop')
    .withHostAccess()
    .withReuse()
  expect(container).toBeInstanceOf(GenericContainer)
})

it.each(['--host', '--port=9000', '--folder', '--tls', '--wait'])('refuses the option %s, which is its own', option => {
  const [name] = option.split('=')
  expect(() => new SimulatorContainer('simulator').withOptions('--seed', 'x', option)).toThrow(
    `The container sets ${name} itself`,
  )
})
