import type { MerchantOptions, SimulatorOptions } from '../../simulator/index.ts'
import { checkMerchantList } from '../../simulator/merchants/merchant-options.ts'
import { CommandError } from '../command.ts'
import { readFileIfExists } from '../file.ts'
import type { Settings } from './settings.ts'

/** The settings of the command line, with the merchants of the file that they name. */
export interface CompleteSettings extends Settings {
  readonly merchants: readonly MerchantOptions[] | undefined
}

/**
 * Reads the file with the merchants, the first of which takes the place of --mchid, --appid and --brand-id.
 *
 * @throws {CommandError} there is no such file, or it is wrong
 */
export async function withMerchants(settings: Settings): Promise<CompleteSettings> {
  const { merchantsFile } = settings
  if (merchantsFile === undefined) return { ...settings, merchants: undefined }
  const merchants = await readMerchants(merchantsFile)
  const { mchid, appid, brandId, platform = settings.platform } = merchants[0]!
  return { ...settings, mchid, appid, brandId, platform, merchants }
}

async function readMerchants(file: string): Promise<readonly MerchantOptions[]> {
  const text = await readFileIfExists(file)
  if (!text)
    throw new CommandError(`There is no file ${file}. Give a JSON file with a list of merchants: --merchants <file>.`)
  let list: unknown
  try {
    list = JSON.parse(text.toString())
  } catch (cause) {
    throw new CommandError(
      `${file} is not JSON: ${(cause as Error).message}. Write a list such as [{"mchid": "1900000109"}].`,
    )
  }
  try {
    return checkMerchantList(list)
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`)
  }
}

/** The ids that a simulator starts with, from the command line or a folder. */
type Start = Pick<SimulatorOptions, 'mchid' | 'appid' | 'brandId' | 'platform' | 'state'>

/** Returns the options of the simulator, whose first merchant has the ids that the folder has kept for it. */
export function withFirstOf(merchants: readonly MerchantOptions[] | undefined, start: Start): SimulatorOptions {
  if (!merchants) return start
  const { mchid, appid, brandId, platform, state } = start
  const [first, ...others] = merchants
  return { merchants: [{ ...first!, mchid: mchid ?? first!.mchid, appid, brandId }, ...others], platform, state }
}
