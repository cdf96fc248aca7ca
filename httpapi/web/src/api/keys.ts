/** Keys of what is kept of the server; events write to the same. */
export const keys = {
  me: ['me'],
  pool: ['pool'],
  poolHistory: (span: string) => ['pool-history', span],
  instances: ['instances'],
  everyInstance: ['everyInstance'],
  instance: (id: string) => ['instance', id],
  blueprints: ['blueprints'],
  plugins: ['plugins'],
  variables: ['variables'],
  announcements: ['announcements'],
  everyAnnouncement: ['everyAnnouncement'],
  hosts: ['hosts'],
  images: ['images'],
  pulls: ['pulls'],
  tokens: ['tokens'],
  logs: (id: string, type: string) => ['logs', id, type],
} as const
