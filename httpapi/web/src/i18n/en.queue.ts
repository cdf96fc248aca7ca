/** The words of launches that wait for a place, on the Pool page. */
export const queue = {
  title: 'Queue',
  since: (time: string) => `waits since ${time}`,
  slots: (many: number) => (many === 1 ? '1 slot' : `${many} slots`),
  more: (many: number) => `and ${many} more`,
  images: 'Images',
  present: (many: number, of: number) => `${many} of ${of} there`,
  retiring: 'takes no more notebooks',
  faulty: 'out of order',
}
