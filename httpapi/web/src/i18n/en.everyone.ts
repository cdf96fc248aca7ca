const notebooks = (many: number) => `${many} ${many === 1 ? 'notebook' : 'notebooks'}`

/** The words of the administrators' page of everybody's instances. */
export const everyone = {
  title: 'Instances',
  lead: 'Notebooks of everybody. What ended within a day is there, too.',
  search: 'Search',
  searchExample: 'name, environment, person or host',
  state: 'State',
  states: { live: 'There now', all: 'All' },
  shown: (shown: number, all: number) => `${shown} of ${notebooks(all)}`,
  none: 'No notebook fits.',
  columns: { chosen: 'Chosen', name: 'Name', environment: 'Environment', user: 'Person', state: 'State', host: 'Host', created: 'Launched', ends: 'Ends', acts: 'Actions' },
  sortBy: (column: string) => `Sort by ${column}`,
  endless: 'no end',
  choose: (name: string) => `Choose ${name}`,
  chooseAll: 'Choose all that are shown and can be destroyed',
  chosen: (many: number) => `${notebooks(many)} chosen`,
  destroy: (many: number) => `Destroy ${notebooks(many)}`,
  destroyTitle: (many: number) => `Destroy ${notebooks(many)}?`,
  destroyWords: (people: number) => `Everything in them is lost, of ${people === 1 ? 'one person' : `${people} people`}. This cannot be undone.`,
  failed: (many: number) => `${notebooks(many)} could not be destroyed; they are still chosen.`,
  logs: 'Logs',
  logsOf: (name: string) => `Logs of ${name}`,
}
