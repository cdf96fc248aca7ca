import { Loader, Progress, Text } from '@mantine/core'
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react'
import { isLaunching, type Instance } from '../api/model'
import { t } from '../i18n'
import { percent, transferWords } from '../images/progress'
import { stepsOf, type Step, type StepState } from '../launch/stages'
import { serverNow, useFastNow } from '../time/clock'
import { elapsed } from '../time/duration'
import classes from './Steps.module.css'

/** Seconds in one step after which a sentence says why it may take long. */
const slowAfter = 10

/** The launch, step by step, with the time that each took. */
export function Steps({ instance }: { instance: Instance }) {
  return isLaunching(instance.state) ? <RunningSteps instance={instance} /> : <StepList instance={instance} now={serverNow()} />
}

function RunningSteps({ instance }: { instance: Instance }) {
  return <StepList instance={instance} now={useFastNow()} />
}

function StepList({ instance, now }: { instance: Instance; now: number }) {
  const list = stepsOf(instance, now)
  const current = list.find(({ state }) => state === 'current')
  return (
    <>
      <ol className={classes['steps']} aria-label={t.stages.label}>
        {list.map((step) => (
          <li key={step.name} className={classes['step']} data-state={step.state} aria-current={step.state === 'current' ? 'step' : undefined}>
            <span className={classes['mark']}>
              <Mark state={step.state} />
            </span>
            <span className={classes['name']}>
              {wordsFor(step)}
              <span className={classes['hidden']}>, {t.stages.state[step.state]}</span>
              <Note step={step} instance={instance} />
            </span>
            <span className={`${classes['time']} numbers`}>{step.seconds !== null && elapsed(step.seconds)}</span>
          </li>
        ))}
      </ol>
      {/* Its room is kept while the launch goes on, so that nothing jumps. */}
      {current && (
        <Text size="sm" c="dimmed" className={classes['why'] ?? ''} aria-live="polite">
          {(current.seconds ?? 0) >= slowAfter && t.stages.slow[current.name]}
        </Text>
      )}
    </>
  )
}

function wordsFor({ name, state }: Step): string {
  const words = t.stages.steps[name]
  if (state === 'done') return words.done
  return state === 'current' ? words.doing : words.todo
}

function Note({ step, instance }: { step: Step; instance: Instance }) {
  if (step.state !== 'current') return null
  if (step.name === 'queueing' && instance.queue) {
    return (
      <Text size="xs" c="dimmed" component="span" display="block">
        {t.stages.position(instance.queue.position)}: <span lang="en">{instance.queue.reason}</span>
      </Text>
    )
  }
  const transfer = instance.image_progress
  if (step.name === 'image' && transfer) {
    return (
      <span className={classes['transfer']}>
        <Progress value={percent(transfer.sent, transfer.total)} size="sm" aria-label={t.stages.steps.image.doing} />
        <Text size="xs" c="dimmed" component="span" className="numbers">
          {transferWords(transfer)}
        </Text>
      </span>
    )
  }
  return null
}

function Mark({ state }: { state: StepState }) {
  switch (state) {
    case 'done':
      return <IconCheck size={16} stroke={2.5} aria-hidden />
    case 'skipped':
      return <IconMinus size={16} aria-hidden />
    case 'failed':
      return <IconX size={16} stroke={2.5} aria-hidden />
    case 'current':
      return <Loader size={16} aria-hidden />
    default:
      return <span className={classes['todo']} aria-hidden />
  }
}
