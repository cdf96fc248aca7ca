import { decimal } from '../i18n/decimal'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes for people, in powers of 1024: "512 MiB", "1.5 GiB". */
export function bytes(count: number): string {
  let step = 0
  let value = count
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024
    step++
  }
  const isWhole = step === 0 || Number.isInteger(value) || value >= 100
  return `${isWhole ? value.toFixed(0) : decimal(value)} ${units[step]}`
}

const memoryPattern = /^(\d{1,15})([bkmgt]?)b?$/

/** Bytes of a memory limit as Docker writes it ("512m"); empty is 512 MiB, the server's default. */
export function memoryBytes(text: string | undefined): number {
  const found = memoryPattern.exec((text ?? '').trim().toLowerCase())
  if (!found) return 512 * 1024 ** 2
  const [, amount = '0', unit = ''] = found
  return Number(amount) * 1024 ** Math.max(0, ['b', 'k', 'm', 'g', 't'].indexOf(unit))
}
