/** The words of trying a blueprint before users see it. */
export const trying = {
  preview: 'What users see',
  test: 'Test launch',
  testTitle: 'Launches it for you alone; it need not be active',
  createAndTest: 'Create and test',
  saveAndTest: 'Save and test',
  saved: 'The blueprint is saved; only its test was refused.',
  badge: 'Test',
}
