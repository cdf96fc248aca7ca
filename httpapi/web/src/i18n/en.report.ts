/** The words of a launch that waits, is cancelled or has failed. */
export const report = {
  who: 'Who must act',
  acts: {
    owner: 'You. Nobody else has to do anything.',
    admin: 'An administrator. Tell them the reference below; until then it will fail in the same way.',
    both: 'You first: try again. If it fails in the same way, an administrator: tell them the reference below.',
  },
  notOwn: 'It is somebody else’s: only they can launch it again.',
  launchLog: 'Log of the launch',
  logOf: (name: string) => `Log of the launch of ${name}`,
  noLog: 'Nothing has been written yet.',
  cancelMeans: 'Cancelling ends this launch and gives its place back. Nothing is lost: it has not run yet.',
}
