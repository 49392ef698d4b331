import { chromiumPath } from './chromium.ts'

/** Unpacks the browser of the project `chromium`. */
export default async function setup(): Promise<void> {
  await chromiumPath()
}
