import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useId } from 'react'
import { useRemoveAnnouncement } from '../api/changes'
import type { Announcement } from '../api/model'
import { locale, t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Announcements.module.css'
import type { Standing } from './standing'

interface Props {
  announcement: Announcement
  standing: Standing
  onChange: (announcement: Announcement) => void
}

/** One announcement with what an administrator can do to it. */
export function AnnouncementCard({ announcement, standing, onChange }: Props) {
  const text = useId()
  const [asked, ask] = useDisclosure()
  const { level, from, until, updated_at, updated_by } = announcement
  const local = (time: string) => clockTime(time, serverNow(), locale)
  return (
    <Card component="article" aria-labelledby={text} p="md">
      <Stack gap="xs">
        <Group gap="xs">
          <Badge variant="default" tt="none" fw={550}>
            {t.announcements.standings[standing]}
          </Badge>
          <Badge variant="default" tt="none" fw={550}>
            {t.announcements.levels[level]}
          </Badge>
        </Group>
        <Text id={text} className={classes['text'] ?? ''} dir="auto">
          {announcement.text}
        </Text>
        <Group justify="space-between" gap="xs">
          <div>
            <Text size="sm" c="dimmed" title={[from, until].filter((time) => time !== null).map((time) => fullTime(time, locale)).join(' – ')}>
              {until ? t.announcements.period(local(from), local(until)) : t.announcements.endless(local(from))}
            </Text>
            {updated_at && (
              <Text size="xs" c="dimmed">
                {t.announcements.changed(local(updated_at), updated_by)}
              </Text>
            )}
          </div>
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => onChange(announcement)}>
              {t.announcements.change}
            </Button>
            <Button size="xs" variant="subtle" color="red" c="var(--mantine-color-error)" onClick={ask.open}>
              {t.announcements.remove}
            </Button>
          </Group>
        </Group>
      </Stack>
      <RemoveModal announcement={announcement} opened={asked} onClose={ask.close} />
    </Card>
  )
}

function RemoveModal({ announcement, opened, onClose }: { announcement: Announcement; opened: boolean; onClose: () => void }) {
  const remove = useRemoveAnnouncement()
  return (
    <Dialog opened={opened} onClose={onClose} title={t.announcements.removeTitle}>
      <Stack>
        <Text size="sm" className={classes['text'] ?? ''} dir="auto">
          {announcement.text}
        </Text>
        <Text size="sm">{t.announcements.removeWords}</Text>
        {remove.error && <RefusalAlert error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.announcements.keep}
          </Button>
          <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(announcement, { onSuccess: onClose })}>
            {t.announcements.removeConfirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
