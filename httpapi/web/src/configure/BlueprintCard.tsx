import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useId } from 'react'
import { Link } from 'react-router'
import { useDeleteBlueprint, useSwitchBlueprint } from '../api/changes'
import type { Blueprint } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useFocusHome } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import { bytes, memoryBytes } from '../size/bytes'
import { lifetimeSeconds, span } from '../time/duration'
import classes from './Configure.module.css'
import { exported, fileName } from './exchange'
import { useTestLaunch } from './useTestLaunch'

/** One blueprint with what an administrator can do to it. */
export function BlueprintCard({ blueprint }: { blueprint: Blueprint }) {
  const name = useId()
  const box = useFocusHome<HTMLElement>('blueprints')
  const toggle = useSwitchBlueprint()
  const trial = useTestLaunch()
  const [asked, ask] = useDisclosure()
  const on = blueprint.is_enabled
  const lifetime = lifetimeSeconds(blueprint.config.maximum_lifetime)
  const facts = [bytes(memoryBytes(blueprint.config.memory_limit)), lifetime === null ? t.noEnd : span(lifetime), blueprint.plugin]
  return (
    <Card component="article" ref={box} aria-labelledby={name}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={3} id={name} className={classes['name'] ?? ''}>
            {blueprint.name}
          </Title>
          <Badge variant="default" tt="none" fw={550} className={classes['state'] ?? ''} leftSection={<span className={classes['dot']} data-on={on || undefined} aria-hidden />}>
            {on ? t.configure.active : t.configure.inactive}
          </Badge>
        </Group>
        <div>
          <Text size="sm" className="mono">
            {blueprint.config.docker_image}
          </Text>
          <Text size="sm" c="dimmed">
            {facts.join(' · ')}
          </Text>
        </div>
        {toggle.error && <RefusalAlert error={toggle.error} />}
        {trial.error && <RefusalAlert error={trial.error} />}
        <Group gap="xs" mt="auto">
          <Button size="xs" variant={on ? 'default' : 'filled'} loading={toggle.isPending} onClick={() => toggle.mutate({ id: blueprint.id, on: !on })}>
            {on ? t.configure.deactivate : t.configure.activate}
          </Button>
          <Button size="xs" variant="default" title={t.trying.testTitle} loading={trial.isPending} onClick={() => trial.test(blueprint.id)}>
            {t.trying.test}
          </Button>
          <Button size="xs" variant="default" component={Link} to={`/configure/blueprints/${encodeURIComponent(blueprint.id)}`} role="button">
            {t.configure.reconfigure}
          </Button>
        </Group>
        <Group gap="xs">
          <Button size="xs" variant="default" component={Link} to={`/configure/plugins/${encodeURIComponent(blueprint.plugin)}/new?copy=${encodeURIComponent(blueprint.id)}`} role="button">
            {t.exchange.copy}
          </Button>
          <Button size="xs" variant="default" title={t.exchange.exportTitle} onClick={() => save(blueprint)}>
            {t.exchange.export}
          </Button>
          <Button size="xs" variant="subtle" color="red" c="var(--mantine-color-error)" ml="auto" onClick={ask.open}>
            {t.configure.remove}
          </Button>
        </Group>
      </Stack>
      <DeleteModal blueprint={blueprint} opened={asked} onClose={ask.close} />
    </Card>
  )
}

/** Has the browser keep the blueprint as a file. */
function save(blueprint: Blueprint) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([exported(blueprint)], { type: 'application/json' }))
  link.download = fileName(blueprint)
  link.click()
  URL.revokeObjectURL(link.href)
}

function DeleteModal({ blueprint, opened, onClose }: { blueprint: Blueprint; opened: boolean; onClose: () => void }) {
  const remove = useDeleteBlueprint()
  return (
    <Dialog opened={opened} onClose={onClose} title={t.configure.deleteTitle(blueprint.name)}>
      <Stack>
        <Text size="sm">{t.configure.deleteWords}</Text>
        {remove.error && <RefusalAlert error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.configure.deleteKeep}
          </Button>
          <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(blueprint, { onSuccess: onClose })}>
            {t.configure.deleteConfirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
