import { Button, Menu } from '@mantine/core'
import { IconLanguage } from '@tabler/icons-react'
import { useId } from 'react'
import { language, t } from '../i18n'
import { keepLanguage, languages, type Language } from '../i18n/language'

const change = (chosen: Language) => {
  keepLanguage(chosen)
  // Texts are read when their modules are: a page has one language.
  location.reload()
}

/** The part of a menu that changes the language. */
export function LanguageItems() {
  const label = useId()
  return (
    <div role="group" aria-labelledby={label}>
      <Menu.Label id={label}>{t.language}</Menu.Label>
      <Menu.RadioGroup value={language} onChange={(chosen) => change(chosen as Language)}>
        {Object.entries(languages).map(([code, { name }]) => (
          <Menu.RadioItem key={code} value={code} lang={code}>
            {name}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </div>
  )
}

/** A menu of its own, for who has no account menu yet. */
export function LanguageMenu() {
  return (
    <Menu position="bottom" shadow="md" width={200}>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconLanguage size={16} aria-hidden />} aria-label={`${t.language}: ${languages[language].name}`}>
          {languages[language].name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems />
      </Menu.Dropdown>
    </Menu>
  )
}
