import { locale } from '.'

const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false })

/** A number with one decimal, in the reader's manner: "1.5", "1,5". */
export const decimal = (value: number): string => tenths.format(value)
