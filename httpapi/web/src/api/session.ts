/** What the server wrote into the page: "none" when the browser sent it no session; else it may have one. */
let none = document.querySelector<HTMLMetaElement>('meta[name="session"]')?.content === 'none'

/** Whether it is worth asking who is logged in: sessions are kept where scripts do not see them. */
export const mayBeLoggedIn = (): boolean => !none

/** Notes that this page has logged in since it was loaded. */
export function beginSession(): void {
  none = false
}
