/** The words of an administrator's way into somebody else's notebook. */
export const visit = {
  title: (name: string) => `Open ${name}?`,
  tab: 'Open a notebook',
  lead: (person: string) => `It belongs to ${person}, who is shown that you opened it, and why. It is in the audit log, too.`,
  reason: 'Reason',
  reasonExample: 'Asked for help with a stuck kernel',
  open: 'Open notebook',
  back: 'Back to all instances',
  notRunning: (name: string) => `${name} is not running, so it cannot be opened.`,
  openOf: (name: string) => `Open ${name}`,
  short: 'Open',
  gone: 'somebody whose account is gone',
  seen: (who: string, time: string, reason: string) => `${who || 'An administrator'} opened it as administrator at ${time}: ${reason}`,
  earlier: (many: number) => (many === 1 ? 'One more visit' : `${many} more visits`),
}
