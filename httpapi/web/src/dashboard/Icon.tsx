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
export function Icon({ name, image }: { name: string; image: string }) {
  const Found = glyphs[kindOf(name, image)]
  return <Found size={22} aria-hidden />
}
