import type { LaunchEstimate } from '../api/model'
import { t } from '../i18n'
import { span } from '../time/duration'

/** "8 to 20 s", "45 s to 2 min", "about 3 s": whole seconds, from what half to what nine of ten launches took. */
export function rangeWords({ p50_seconds: p50, p90_seconds: p90 }: LaunchEstimate): string {
  const from = Math.max(1, Math.round(p50))
  const to = Math.max(from, Math.ceil(p90))
  if (from === to) return t.launch.about(span(to))
  return t.launch.fromTo(to < 60 ? String(from) : span(from), span(to))
}

/** What to expect of a launch that has taken so many seconds. */
export function estimateWords(estimate: LaunchEstimate, seconds: number): string {
  if (seconds <= estimate.p90_seconds) return t.launch.usually(rangeWords(estimate))
  return t.launch.longer(span(Math.max(1, Math.ceil(estimate.p90_seconds))))
}
