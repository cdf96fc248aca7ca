import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { blueprintsQuery, hostsQuery, imagesQuery, pullsQuery } from '../api/queries'
import { t } from '../i18n'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { FaultyFiles } from './FaultyFiles'
import { ImageCard } from './ImageCard'
import { PullForm } from './PullForm'
import { Pulls } from './Pulls'

/** The images in the image directory, and the way of each to the hosts. */
export default function ImagesPage() {
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t.images.title}</PageTitle>
        <Text size="sm" c="dimmed">
          {t.images.lead}
        </Text>
      </div>
      <Stack gap={40}>
        <Stack component="section" aria-labelledby="pull" gap="sm">
          <div>
            <Title order={2} id="pull">
              {t.images.pull.title}
            </Title>
            <Text size="sm" c="dimmed">
              {t.images.pull.lead}
            </Text>
          </div>
          <PullForm />
          <PullsList />
        </Stack>
        <Images />
      </Stack>
    </Stack>
  )
}

function PullsList() {
  const { data: pulls, error, refetch } = useQuery(pullsQuery)
  const { data: images } = useQuery(imagesQuery)
  if (error) return <RefusalAlert error={error} onRetry={() => void refetch()} />
  if (!pulls || pulls.length === 0) return null
  return <Pulls pulls={pulls} images={images ?? []} />
}

function Images() {
  const { data: images, error, refetch } = useQuery(imagesQuery)
  const { data: hosts } = useQuery(hostsQuery)
  const { data: blueprints } = useQuery(blueprintsQuery)
  const { data: pulls } = useQuery(pullsQuery)
  const usable = images?.filter(({ fault }) => fault === '')
  const faulty = images?.filter(({ fault }) => fault !== '') ?? []
  return (
    <>
      {faulty.length > 0 && <FaultyFiles files={faulty} usable={usable ?? []} />}
      <Stack component="section" aria-labelledby="images" gap="sm">
        <Title order={2} id="images">
          {t.images.title}
        </Title>
        {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
        {!images && !error && <Skeleton h={260} />}
        {usable?.length === 0 && <Text c="dimmed">{t.images.none}</Text>}
        {usable?.map((image) => (
          <ImageCard key={image.file + image.id} image={image} beside={usable.filter(({ file, id }) => file === image.file && id !== image.id)} hosts={hosts ?? []} blueprints={blueprints ?? []} pulls={pulls ?? []} />
        ))}
      </Stack>
    </>
  )
}
