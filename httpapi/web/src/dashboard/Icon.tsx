import { IconAppWindow, IconBox, IconChartHistogram, IconCode, IconDatabase, IconDeviceDesktop, IconNotebook, IconTerminal2, type Icon as Glyph } from '@tabler/icons-react'
import { kindOf, type Kind } from './kind'

const glyphs: Record<Kind, Glyph> = {
  statistics: IconChartHistogram,
  notebook: IconNotebook,
  app: IconAppWindow,
  editor: IconCode,
  terminal: IconTerminal2,
  desktop: IconDeviceDesktop,
  data: IconDatabase,
  other: IconBox,
}

/** The icon of an environment, found by the words of its name and image. */
export function Icon({ words }: { words: string }) {
  const Found = glyphs[kindOf(words)]
  return <Found size={22} aria-hidden />
}
