/** The words of the pool page. */
export const pool = {
  title: 'Pool',
  hosts: 'Hosts',
  noHosts: 'There is no host.',
  slots: (used: number, total: number) => `${used} of ${total} slots used`,
  slotsLabel: 'Slots',
  states: { running: 'Running', draining: 'Shutting down', drained: 'Shut down' },
  hostStates: {
    requested: 'Requested',
    building: 'Building',
    preparing: 'Preparing',
    active: 'Active',
    inactive: 'Inactive',
    removing: 'Removing',
    removed: 'Removed',
    stuck: 'Stuck',
  },
  free: (count: number) => (count === 1 ? '1 slot free' : `${count} slots free`),
  queueLength: (count: number) => (count === 1 ? '1 waiting' : `${count} waiting`),
  since: (time: string) => `since ${time}`,
  errors: (count: number, counting: number) => {
    const all = count === 1 ? '1 fault' : `${count} faults`
    if (counting >= count) return all
    return counting === 0 ? `${all}, none of which still counts` : `${all}, of which ${counting} still ${counting === 1 ? 'counts' : 'count'}`
  },
  engine: 'Engine',
  address: 'Address',
  disk: 'Disk',
  diskFree: (free: string, total: string) => `${free} of ${total} free`,
  diskAt: (time: string) => `looked at ${time}`,
  stages: {
    engine: 'waiting for its engine',
    images: 'getting its images',
    probe: 'proving that containers are fenced in',
    retiring: 'takes no more, goes when it is empty',
    draining: 'shutdown mode',
    errors: 'had too many faults, or does not answer',
    lost: 'given up',
  } as Record<string, string>,
  steps: 'Steps',
  step: { requested: 'Requested', building: 'Building', engine: 'Engine', images: 'Images', probe: 'Fence' } as Record<string, string>,
  flavor: 'Flavor',
  age: 'Age',
  lifetime: 'Lifetime',
  left: (time: string) => `${time} left`,
  over: 'over',
  noClock: 'begins with its first notebook',
  silence: 'No answer',
  ids: 'In the cloud',
  server: 'Server',
  group: 'Security group',
  volume: 'Volume',
  copyID: (kind: string) => `Copy the id: ${kind}`,
  giveBack: {
    retire: {
      button: 'Retire',
      of: (name: string) => `Retire ${name}`,
      title: (name: string) => `Retire ${name}?`,
      means: (slots: number) =>
        slots === 0
          ? 'It takes no more notebooks. None is on it, so it is given back at once.'
          : `It takes no more notebooks, and is given back when the last one on it has ended. ${slots === 1 ? '1 slot is' : `${slots} slots are`} in use now.`,
      not: 'Keep it',
    },
    release: {
      button: 'Release',
      of: (name: string) => `Release ${name}`,
      title: (name: string) => `Release ${name}?`,
      means: (slots: number) =>
        slots === 0
          ? 'It is given back at once.'
          : `Its notebooks end now (${slots === 1 ? '1 slot is' : `${slots} slots are`} in use); what is not saved outside of them is lost. Then it is given back.`,
      not: 'Keep it',
    },
    again: {
      button: 'Try again',
      of: (name: string) => `Try again to release ${name}`,
      title: (name: string) => `Try again to release ${name}?`,
      means: () => 'Its release failed and is tried again by itself. This tries it now.',
      not: 'Wait',
    },
  },
  headroom: (projected: number, target: number, building: number, hosts: number, most: number) =>
    [
      projected < 0 ? `${-projected} slots are missing` : `${projected} ${projected === 1 ? 'slot' : 'slots'} will be free`,
      `${target} are wanted`,
      building === 0 ? `${hosts} of at most ${most} hosts are there` : building === 1 ? 'a host is being made ready' : `${building} hosts are being made ready`,
    ].join('; ') + '.',
  tight: (slots: number) => `No host has room for the largest environment, of ${slots} slots.`,
  pause: (time: string) => `No hosts are made at the moment; it is tried again at ${time}.`,
  decisions: 'Last decisions of the scaler',
  setAside: 'Set aside after repeated failures',
  restsSince: (reason: string, time: string) => `${reason}, the last time at ${time}.`,
  tryAgain: (actor: string) => `Try again${actor && ': '}${actor}`,
  version: (version: string) => `Server version ${version}`,
}
