import type { World } from '../context.ts'
import { ParameterRangeError } from '../parameter-error.ts'
import { StateError } from '../state/state.ts'
import { createMember, type Member, type MerchantIdentity, type SharedDependencies } from './member.ts'
import { checkMerchantOptions, type MerchantOptions } from './merchant-options.ts'

/** All merchants of a simulator. */
export interface Merchants {
  /** The merchants, in the order in which they were created. The first is the one that calls without a merchant id are for. */
  readonly all: readonly Member[]
  find(mchid: string | undefined): Member | undefined
  findByBrand(brandId: string): Member | undefined
  /**
   * Creates a merchant.
   *
   * @throws {TypeError} the options are wrong
   * @throws {RangeError} there is a merchant or a brand with this id, or there are too many
   */
  add(options: MerchantOptions): Promise<Member>
}

/** Each has keys, which take time and memory. */
const MAX_MERCHANTS = 200

/**
 * Loads the merchants from the state, and creates those that it does not have.
 *
 * @param first the first merchant. Its options other than the ids are stored only if a list named it
 * @param requested all merchants, the first included, or undefined for the first only
 */
export async function createMerchants(
  first: MerchantIdentity,
  requested: readonly MerchantOptions[] | undefined,
  dependencies: Omit<SharedDependencies, 'world'>,
): Promise<Merchants> {
  const { state, keyContext } = dependencies
  const stored = state.map<MerchantIdentity>('merchants')
  const members: Member[] = []
  const find = (mchid: string | undefined) => members.find(({ merchant }) => merchant.mchid === mchid)
  const findByBrand = (brandId: string) => members.find(({ brand }) => brand?.brandId === brandId)
  const completed = (options: MerchantOptions): MerchantIdentity => ({
    ...options,
    appid: options.appid ?? `wx${keyContext.keySource.hex(`${options.mchid}/appid`, 16)}`,
    platform: options.platform ?? first.platform,
    subMchids: options.subMchids ?? [],
  })
  const create = async (options: MerchantOptions): Promise<Member> => {
    const identity = completed(checkMerchantOptions(options))
    requireNew(identity, merchants)
    stored.set(identity.mchid, identity)
    try {
      const member = await createMember(identity, identity.mchid, shared)
      members.push(member)
      return member
    } catch (error) {
      stored.delete(identity.mchid)
      throw error
    }
  }
  let lastAddition: Promise<unknown> = Promise.resolve()
  const merchants: Merchants = {
    all: members,
    find,
    findByBrand,
    add(options) {
      const added = lastAddition.then(() => create(options))
      lastAddition = added.catch(() => {})
      return added
    },
  }
  const world: World = {
    contextOf: mchid => find(mchid)?.context,
    contexts: () => members.map(({ context }) => context),
  }
  const shared: SharedDependencies = { ...dependencies, world }
  requireValidMerchants(stored)
  for (const options of requested ?? []) reconcile(options, stored)
  const own = requested?.[0] ? completed({ ...first, ...givenOf(requested[0]) }) : (stored.get(first.mchid) ?? first)
  if (requested) stored.set(first.mchid, own)
  const others = [...stored.values()].filter(({ mchid }) => mchid !== first.mchid)
  members.push(await createMember(own, undefined, shared))
  members.push(...(await Promise.all(others.map(identity => createMember(identity, identity.mchid, shared)))))
  for (const options of requested ?? []) if (!find(options.mchid)) await merchants.add(options)
  return merchants
}

/** Returns the options without those that are undefined, which would hide the ids of the state. */
const givenOf = (options: MerchantOptions): MerchantOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as MerchantOptions

/**
 * Checks the merchants of a snapshot, which may come from somebody else: their texts become names of files.
 *
 * @throws {StateError} `NOT_A_SNAPSHOT`
 */
function requireValidMerchants(stored: ReadonlyMap<string, MerchantIdentity>): void {
  for (const [mchid, identity] of stored) {
    if (checkMerchantOptions(identity).mchid === mchid) continue
    throw new StateError(
      'NOT_A_SNAPSHOT',
      'a merchant is stored under an id that is not its own; pass what snapshot() returned',
    )
  }
}

/** @throws {RangeError} */
function requireNew({ mchid, brandId }: MerchantIdentity, merchants: Merchants): void {
  if (merchants.find(mchid))
    throw new ParameterRangeError(`There is a merchant ${mchid} already; choose another mchid.`)
  if (brandId !== undefined && merchants.findByBrand(brandId))
    throw new ParameterRangeError(`There is a brand ${brandId} already; choose another brandId.`)
  if (merchants.all.length >= MAX_MERCHANTS)
    throw new ParameterRangeError(
      `There are ${MAX_MERCHANTS} merchants, which is the most; use another simulator or namespace.`,
    )
}

/**
 * Takes the settings that may change from the options, for a merchant that the state has.
 *
 * @throws {StateError} `OTHER_SIMULATOR`: the state has the merchant with other ids
 */
function reconcile(options: MerchantOptions, stored: Map<string, MerchantIdentity>): void {
  const existing = stored.get(options.mchid)
  if (!existing) return
  const differing = (['appid', 'brandId', 'platform'] as const).find(
    name => options[name] !== undefined && options[name] !== existing[name],
  )
  if (differing !== undefined)
    throw new StateError(
      'OTHER_SIMULATOR',
      `its merchant ${options.mchid} has the ${differing} ${JSON.stringify(existing[differing])}, not ${JSON.stringify(options[differing])}; leave ${differing} out, or use the state of that simulator`,
    )
  const { subMchids = [], sharingNotifyUrl } = options
  stored.set(options.mchid, { ...existing, subMchids, sharingNotifyUrl })
}
