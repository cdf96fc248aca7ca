import type { components } from './schema'

type Schemas = components['schemas']

export type Me = Schemas['Me']
export type Instance = Schemas['Instance']
export type LaunchEstimate = Schemas['Estimate']
export type InstanceState = Instance['state']
export type Failure = Schemas['Failure']
export type Blueprint = Schemas['Blueprint']
export type BlueprintDraft = Schemas['BlueprintDraft']
export type BlueprintConfig = Schemas['BlueprintConfig']
export type Announcement = Schemas['Announcement']
export type AnnouncementDraft = Schemas['AnnouncementDraft']
export type Plugin = Schemas['Plugin']
export type Variable = Schemas['Variable']
export type Host = Schemas['Host']
export type HostLog = Schemas['HostLog']
export type Image = Schemas['Image']
export type ImagePlace = Image['hosts'][number]
export type Pull = Schemas['Pull']
export type Push = Schemas['Push']
export type Token = Schemas['Token']
export type PoolStatus = Schemas['PoolStatus']
export type Stray = PoolStatus['strays'][number]
export type Drain = Schemas['Drain']
export type PoolHistory = Schemas['PoolHistory']
export type Problem = Schemas['Problem']

/** States in which an instance counts against its owner's limit. */
export const isLive = (state: InstanceState): boolean =>
  state === 'queueing' || state === 'provisioning' || state === 'running' || state === 'deleting'

/** States of a launch that is still on its way. */
export const isLaunching = (state: InstanceState): boolean => state === 'queueing' || state === 'provisioning'
