/** The words for notifications of the browser. */
export const notice = {
  title: 'Notifications',
  label: 'Tell me when a notebook is ready, and 10 and 2 minutes before it ends',
  ready: 'It is ready.',
  hint: 'By this browser, while a page of this service is open in any tab.',
  refused: 'The browser does not allow it. Allow notifications for this site in its settings, and turn this on again.',
  impossible: 'This browser has no notifications here; pages of this service tell all the same.',
}
