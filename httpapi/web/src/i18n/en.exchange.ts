/** The words for copies of blueprints, and for their files. */
export const exchange = {
  copy: 'Copy',
  copyOf: (name: string) => `${name} (copy)`,
  export: 'Export',
  exportTitle: 'Saves it as a file, for another server',
  import: 'Import',
  faults: {
    json: (file: string) => `${file} cannot be read: it is no JSON.`,
    format: (file: string) => `${file} is no blueprint of DockerDriver, or one of a later version. Choose a file that Export has made.`,
    incomplete: (file: string) => `${file} is incomplete: it needs a name, a plugin and a config. Export it again.`,
  },
}
