import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../i18n'
import classes from './Dialog.module.css'

interface Props {
  title: string
  opened: boolean
  onClose: () => void
  size?: string
  children: ReactNode
}

const surface = classes['surface'] ?? ''

/** A dialog over the page; Escape and a click beside it close it. */
export function Dialog({ title, opened, onClose, size = 'md', children }: Props) {
  return (
    <Modal.Root opened={opened} onClose={onClose} size={size} centered classNames={{ content: surface, header: surface }}>
      <Modal.Overlay />
      {/* Its className would go to the invisible box around the dialog, as large as the window. */}
      {/* It fades in where it stays: a button that still moves is missed by a quick hand. */}
      <Modal.Content transitionProps={{ transition: 'fade', duration: 150 }}>
        {/* A <header>, which would be a second banner of the page. */}
        <Modal.Header role="none">
          <Modal.Title className={classes['title'] ?? ''}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t.close} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
