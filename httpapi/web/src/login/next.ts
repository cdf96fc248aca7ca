/**
 * Where to go after the login: the local path asked for, else the dashboard.
 * An address of another site is never followed.
 */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? ''
  // Browsers read "//host" and "/\host" as another site, and drop tabs and line breaks.
  const safe = next.startsWith('/') && !next.startsWith('//') && ![...next].some((c) => c === '\\' || c < ' ')
  return safe && !next.startsWith('/login') ? next : '/'
}
