import { ActionIcon, Badge, Burger, Container, Group, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme, UnstyledButton } from '@mantine/core'
import { IconKey, IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, NavLink } from 'react-router'
import { useLogout } from '../api/changes'
import type { Me } from '../api/model'
import { poolQuery } from '../api/queries'
import { t } from '../i18n'
import classes from './Header.module.css'

const pages = [
  { to: '/', name: t.nav.dashboard, forAdmins: false },
  { to: '/configure', name: t.nav.configure, forAdmins: true },
  { to: '/images', name: t.nav.images, forAdmins: true },
  { to: '/instances', name: t.nav.instances, forAdmins: true },
  { to: '/pool', name: t.nav.pool, forAdmins: true },
]

export function Header({ me }: { me: Me }) {
  const mine = pages.filter(({ forAdmins }) => !forAdmins || me.role === 'admin')
  return (
    <Container size="lg" h="100%" px={{ base: 'sm', sm: 'lg' }}>
      <Group h="100%" justify="space-between" wrap="nowrap" gap="sm">
        <Group h="100%" gap="lg" wrap="nowrap">
          <Link to="/" className={classes['brand']} aria-label={t.product}>
            <img src="/favicon.svg" alt="" width={28} height={28} />
            <span className={classes['name']}>{t.product}</span>
          </Link>
          {mine.length > 1 && (
            <nav aria-label={t.nav.label} className={classes['nav']}>
              {mine.map(({ to, name }) => (
                <NavLink key={to} to={to} end={to === '/'} className={classes['link'] ?? ''}>
                  {name}
                </NavLink>
              ))}
            </nav>
          )}
        </Group>
        <Group gap="xs" wrap="nowrap">
          <CloudBadge />
          <ThemeToggle />
          <AccountMenu me={me} />
          {mine.length > 1 && <PagesMenu mine={mine} />}
        </Group>
      </Group>
    </Container>
  )
}

/** Says what notebooks run on, so that an emulator is not taken for the real thing. */
function CloudBadge() {
  const { data: pool } = useQuery(poolQuery)
  if (!pool?.cloud) return null
  const name = t.cloud.names[pool.cloud] ?? pool.cloud
  return (
    <Tooltip label={t.cloud.meaning[pool.cloud] ?? name} multiline maw={280}>
      <Badge className={classes['cloud'] ?? ''} variant="default" tt="none" fw={550} tabIndex={0} role="note" aria-label={t.cloud.label(name)}>
        {name}
      </Badge>
    </Tooltip>
  )
}

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.nav[other]} title={t.nav[other]} onClick={() => setColorScheme(other)}>
      {scheme === 'dark' ? <IconSun size={20} aria-hidden /> : <IconMoon size={20} aria-hidden />}
    </ActionIcon>
  )
}

function AccountMenu({ me }: { me: Me }) {
  const logout = useLogout()
  return (
    <Menu position="bottom-end" shadow="md" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes['account']} aria-label={t.nav.account(me.email)}>
          <IconUserCircle size={22} aria-hidden />
          <span className={classes['email']}>{me.name || me.email}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.email}
          {me.role === 'admin' && `, ${t.nav.administrator}`}
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconKey size={16} aria-hidden />}>
          {t.nav.ownAccount}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => logout.mutate()}>
          {t.nav.logOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function PagesMenu({ mine }: { mine: typeof pages }) {
  return (
    <Menu position="bottom-end" shadow="md" width={200}>
      <Menu.Target>
        <Burger size="sm" className={classes['burger'] ?? ''} aria-label={t.nav.menu} />
      </Menu.Target>
      <Menu.Dropdown>
        {mine.map(({ to, name }) => (
          <Menu.Item key={to} component={Link} to={to}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
