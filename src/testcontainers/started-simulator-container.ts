import {
  AbstractStartedContainer,
  type RestartOptions,
  type StartedTestContainer,
  TestContainers,
} from 'testcontainers'
import type { SimulatedMerchant } from '../simulator/keys/merchant.ts'
import type { ControlAction } from '../simulator/remote/control-request.ts'
import { connectSimulator, type RemoteSimulator } from '../simulator/remote/remote-simulator.ts'

/** Port of the simulator within its container and its networks. */
export const SIMULATOR_PORT = 8989

/** Returns the address of the simulator as this machine reaches it. */
export const addressOf = (container: StartedTestContainer): string =>
  `http://${container.getHost()}:${container.getMappedPort(SIMULATOR_PORT)}`

/** A simulator that runs in a container. */
export class StartedSimulatorContainer extends AbstractStartedContainer implements RemoteSimulator {
  #simulator: RemoteSimulator
  readonly #hasHostAccess: boolean

  constructor(container: StartedTestContainer, simulator: RemoteSimulator, hasHostAccess: boolean) {
    super(container)
    this.#simulator = simulator
    this.#hasHostAccess = hasHostAccess
  }

  get url(): string {
    return this.#simulator.url
  }

  get merchant(): SimulatedMerchant {
    return this.#simulator.merchant
  }

  merchantOf(mchid: string): Promise<SimulatedMerchant> {
    return this.#simulator.merchantOf(mchid)
  }

  control(action: ControlAction, input?: object): Promise<unknown> {
    return this.#simulator.control(action, input)
  }

  reset(): Promise<void> {
    return this.#simulator.reset()
  }

  namespace(name: string): Promise<RemoteSimulator> {
    return this.#simulator.namespace(name)
  }

  /**
   * Lets the simulator reach a port of 127.0.0.1 on this machine.
   *
   * @returns the address of that port for the simulator, with which a `notify_url` begins
   * @throws {Error} the container was started without {@link SimulatorContainer.withHostAccess}
   * @example
   * ```ts
   * const notify_url = `${await simulator.exposeHostPort(3000)}/notify`
   * ```
   */
  async exposeHostPort(port: number): Promise<string> {
    if (!this.#hasHostAccess)
      throw new Error('The container cannot reach this machine; call withHostAccess() before start().')
    await TestContainers.exposeHostPorts(port)
    return `http://host.testcontainers.internal:${port}`
  }

  /** Restarts the container: the keys stay, the records do not, and the port may be another. */
  override async restart(options?: Partial<RestartOptions>): Promise<void> {
    await super.restart(options)
    this.#simulator = await connectSimulator(addressOf(this))
  }
}
