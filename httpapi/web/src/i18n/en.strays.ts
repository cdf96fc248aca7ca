/** The words for what is ours in the cloud and in no record. */
export const strays = {
  title: 'In the cloud without a record',
  lead: 'Ours by their mark, and in no record: they are released when they are half an hour old.',
  kinds: { server: 'Server', volume: 'Volume', 'security group': 'Security group' },
  since: (time: string) => `There since ${time}`,
  seen: (time: string) => `seen since ${time}`,
  ofNoRecord: (host: string) => `Made for host ${host}, of which there is no record.`,
  ofNobody: 'Its mark names no host.',
  releasedAt: (time: string) => `Released by itself at ${time}.`,
  byHand: 'It is not released from here: look whose it is, and remove it by hand in the cloud.',
  release: 'Release',
  of: (kind: string, name: string) => `Release ${name} (${kind})`,
  ask: (name: string) => `Release ${name} now?`,
  deleted: 'This is deleted in the cloud, all that was made for the same host:',
  lost: 'What is on them is lost. The cloud is asked once more whose they are, and nothing is deleted that a record owns.',
  not: 'Keep them',
}
