/** The words for the log of a host's build. */
export const hostlog = {
  button: 'Build log',
  of: (name: string) => `Build log of ${name}`,
  events: 'What happened, oldest first',
  took: (time: string) => `took ${time}`,
  fault: 'Fault',
  console: 'Console of its machine',
  lines: 'Console lines, newest last',
  copy: 'Copy the console',
  hides: 'The last lines that it wrote. What looks like a secret is hidden.',
  missing: {
    none: 'There is no console: the cloud keeps none of this host\u2019s machine.',
    not_yet: 'There is no console yet: the machine has not been started, or has written nothing so far.',
    gone: 'There is no console any more: the machine is gone from the cloud.',
  },
}
