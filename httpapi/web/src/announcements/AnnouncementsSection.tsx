import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconSpeakerphone } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Announcement } from '../api/model'
import { everyAnnouncementQuery } from '../api/queries'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import { useNow } from '../time/clock'
import { AnnouncementCard } from './AnnouncementCard'
import { AnnouncementForm } from './AnnouncementForm'
import classes from './Announcements.module.css'
import { grouped } from './standing'

/** Where administrators write what everybody is told. */
export function AnnouncementsSection() {
  const { data: all, error, refetch } = useQuery(everyAnnouncementQuery)
  const [writes, { open, close }] = useDisclosure()
  const [id, setID] = useState('') // of the one that is changed; empty: a new one
  const write = (announcement?: Announcement) => {
    setID(announcement?.id ?? '')
    open()
  }
  return (
    <Stack component="section" aria-labelledby="announcements" gap="sm">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={2} id="announcements">
            {t.announcements.title}
          </Title>
          <Text size="sm" c="dimmed">
            {t.announcements.lead}
          </Text>
        </div>
        <Button leftSection={<IconSpeakerphone size={18} aria-hidden />} onClick={() => write()}>
          {t.announcements.add}
        </Button>
      </Group>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!all && !error && <Skeleton h={84} />}
      {all?.length === 0 && <Text c="dimmed">{t.announcements.none}</Text>}
      {all && all.length > 0 && <Groups all={all} onChange={write} />}
      <Dialog opened={writes} onClose={close} size="lg" title={id ? t.announcements.changeTitle : t.announcements.addTitle}>
        <AnnouncementForm latest={all?.find((announcement) => announcement.id === id)} onDone={close} />
      </Dialog>
    </Stack>
  )
}

function Groups({ all, onChange }: { all: Announcement[]; onChange: (announcement: Announcement) => void }) {
  const { current, upcoming, over } = grouped(all, useNow())
  return (
    <>
      {current.map((announcement) => (
        <AnnouncementCard key={announcement.id} announcement={announcement} standing="current" onChange={onChange} />
      ))}
      {upcoming.map((announcement) => (
        <AnnouncementCard key={announcement.id} announcement={announcement} standing="upcoming" onChange={onChange} />
      ))}
      {over.length > 0 && (
        <details className={classes['over']}>
          <Text component="summary" size="sm">
            {t.announcements.overCount(over.length)}
          </Text>
          <Stack gap="sm" mt="sm">
            {over.map((announcement) => (
              <AnnouncementCard key={announcement.id} announcement={announcement} standing="over" onChange={onChange} />
            ))}
          </Stack>
        </details>
      )}
    </>
  )
}
