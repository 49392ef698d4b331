/** The simulator of WeChat Pay in a container, for Testcontainers: `new SimulatorContainer(image).start()`. */

export { SimulatorContainer } from './simulator-container.ts'
export { StartedSimulatorContainer } from './started-simulator-container.ts'
