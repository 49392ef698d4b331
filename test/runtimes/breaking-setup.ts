import type { TestProject } from 'vitest/node'
import { type BreakingServer, startBreakingServer } from './breaking-process.ts'

/** Starts breaking-server.ts for tests that run where no process can be started: in workerd, in Chromium. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('breaking', await startBreakingServer())
}

declare module 'vitest' {
  interface ProvidedContext {
    breaking: BreakingServer
  }
}
