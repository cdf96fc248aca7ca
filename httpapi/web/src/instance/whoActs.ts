/** Who can do something about a failure: its owner, an administrator, or first the one and then the other. */
export type Actor = 'owner' | 'admin' | 'both'

/** By the failure's code; what is not known here may be gone at the next try. */
const actors: Partial<Record<string, Actor>> = {
  IMAGE_MISSING: 'both',
  IMAGE_PUSH_FAILED: 'both',
  INSTANCE_TOO_LARGE: 'admin',
  NO_ROOM: 'admin',
  CONTAINER_CREATE_FAILED: 'admin',
  CONTAINER_START_FAILED: 'admin',
  CONTAINER_EXITED_AT_START: 'admin',
  NOTEBOOK_NOT_ANSWERING: 'both',
  CONTAINER_EXITED: 'owner',
  OUT_OF_MEMORY: 'both',
  CONTAINER_GONE: 'owner',
  HOST_LOST: 'owner',
  LOST: 'owner',
}

export const whoActs = (code: string): Actor => actors[code] ?? 'both'
