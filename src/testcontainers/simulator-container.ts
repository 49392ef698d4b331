import { GenericContainer, getContainerRuntimeClient, TestContainers, Wait } from 'testcontainers'
import { connectSimulator } from '../simulator/remote/remote-simulator.ts'
import { addressOf, SIMULATOR_PORT, StartedSimulatorContainer } from './started-simulator-container.ts'

/** Keys stay in it when the container restarts. Every user of an image can write there. */
const FOLDER = '/tmp/wechatpay'
/** Options whose values belong to the container: its port, and plain HTTP, which it is waited for and controlled by. */
const OWN_OPTIONS: readonly string[] = ['--host', '--port', '--folder', '--tls', '--wait']

/**
 * The simulator of WeChat Pay in a container, for Testcontainers: everything that a `GenericContainer` has, and the options of
 * `wechatpay-edge simulator`.
 *
 * @example
 * ```ts
 * const simulator = await new SimulatorContainer('wechatpay-edge-simulator').start()
 * const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: simulator.url })
 * ```
 */
export class SimulatorContainer extends GenericContainer {
  readonly #options: string[] = []
  #hasHostAccess = false

  /** @param image one whose entry point is `wechatpay-edge`: that of `deploy/executable.Dockerfile` or of `deploy/Dockerfile` */
  constructor(image: string) {
    super(image)
    this.withExposedPorts(SIMULATOR_PORT)
    // The health check of the image is for the program that it usually runs, and Podman leaves it out of images in OCI format.
    this.withWaitStrategy(Wait.forHttp('/healthz', SIMULATOR_PORT, { abortOnContainerExit: true }))
  }

  /**
   * Adds options of `wechatpay-edge simulator`: `withOptions('--seed', 'shop', '--at', '2026-03-01T12:00:00+08:00')`.
   *
   * @throws {RangeError} the option is one of the container itself
   */
  withOptions(...options: string[]): this {
    const own = options.find(option => OWN_OPTIONS.includes(option.replace(/=.*$/s, '')))
    if (own !== undefined)
      throw new RangeError(`The container sets ${own.replace(/=.*$/s, '')} itself; leave it out of withOptions().`)
    this.#options.push(...options)
    return this
  }

  /**
   * Lets the simulator reach programs on this machine, for their notifications: {@link StartedSimulatorContainer.exposeHostPort}.
   * Testcontainers starts a second container for it, of `testcontainers/sshd`.
   */
  withHostAccess(): this {
    this.#hasHostAccess = true
    return this
  }

  /** Testcontainers calls it before it decides whether the container can reach this machine. */
  protected override async beforeContainerCreated(): Promise<void> {
    if (this.#hasHostAccess) await TestContainers.exposeHostPorts()
  }

  /** Starts the container, and waits until the simulator serves. */
  override async start(): Promise<StartedSimulatorContainer> {
    const { info } = await getContainerRuntimeClient()
    // The control API refuses host names that it does not know, because a web page may have made them resolve to its address.
    const hosts = [info.containerRuntime.host, ...this.networkAliases].filter(host => /^[\w.-]+$/.test(host))
    this.withCommand([
      'simulator',
      '--host',
      '0.0.0.0',
      '--folder',
      FOLDER,
      ...hosts.flatMap(host => ['--allow-host', host]),
      ...this.#options,
    ])
    const container = await super.start()
    const simulator = await connectSimulator(addressOf(container)).catch(async error => {
      // Nobody else could stop it.
      await container.stop()
      throw error
    })
    return new StartedSimulatorContainer(container, simulator, this.#hasHostAccess)
  }
}
