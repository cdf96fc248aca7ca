import { ActionIcon, Container, Group, Text } from '@mantine/core'
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Announcement } from '../api/model'
import { announcementsQuery } from '../api/queries'
import { t } from '../i18n'
import { useNow } from '../time/clock'
import classes from './Announcements.module.css'
import { dismiss, useDismissed } from './dismissed'
import { mayDismiss, shown } from './standing'

/** What everybody is told now, below the header of every page. */
export function Announcements() {
  const { data: told } = useQuery(announcementsQuery)
  return told && told.length > 0 ? <Current told={told} /> : null
}

function Current({ told }: { told: Announcement[] }) {
  const now = useNow()
  const dismissed = useDismissed()
  return shown(told, now, dismissed).map((announcement) => (
    <Banner key={announcement.id} announcement={announcement} onDismiss={() => dismiss(announcement, told)} />
  ))
}

const icons = { info: IconInfoCircle, warning: IconAlertTriangle, critical: IconAlertOctagon }

function Banner({ announcement, onDismiss }: { announcement: Announcement; onDismiss: () => void }) {
  const { text, level } = announcement
  const Icon = icons[level]
  return (
    <div className={classes['banner']} data-level={level} role={level === 'critical' ? 'alert' : 'status'}>
      <Container size="lg" py="xs">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <Icon size={20} aria-hidden className={classes['icon'] ?? ''} />
          <div className={classes['words']}>
            <Text size="sm" fw={650}>
              {t.announcements.levels[level]}
            </Text>
            <Text size="sm" className={classes['text'] ?? ''} dir="auto">
              {text}
            </Text>
          </div>
          {mayDismiss(announcement) && (
            <ActionIcon variant="transparent" color="inherit" c="inherit" aria-label={t.announcements.dismiss} title={t.announcements.dismiss} onClick={onDismiss}>
              <IconX size={18} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      </Container>
    </div>
  )
}
