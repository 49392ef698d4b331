/** Response of `GET /simulator/status`. */
export interface SimulatorStatus {
  /** The simulated clock, ms. */
  readonly now: number
  /** Time of the next scheduled work, ms. */
  readonly next?: number
  /** Whether notifications are held back. */
  readonly holding: boolean
  /** Names of the saved states. */
  readonly saved: readonly string[]
}
