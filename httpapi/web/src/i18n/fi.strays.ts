import type { Catalogue } from './catalogue'

export const strays: Catalogue['strays'] = {
  title: 'Pilvessä ilman kirjausta',
  lead: 'Merkinnän mukaan meidän, mutta ilman kirjausta: ne luovutetaan puolen tunnin ikäisinä.',
  kinds: { server: 'Palvelin', volume: 'Taltio', 'security group': 'Suojausryhmä' },
  since: (time) => `Pilvessä alkaen ${time}`,
  seen: (time) => `havaittu ${time}`,
  ofNoRecord: (host) => `Tehty isäntäkoneelle ${host}, josta ei ole kirjausta.`,
  ofNobody: 'Sen merkinnässä ei ole isäntäkonetta.',
  releasedAt: (time) => `Luovutetaan itsestään ${time}.`,
  byHand: 'Sitä ei luovuteta täältä: selvitä, kenen se on, ja poista se käsin pilvestä.',
  release: 'Luovuta',
  of: (kind, name) => `Luovuta ${name} (${kind})`,
  ask: (name) => `Luovutetaanko ${name} nyt?`,
  deleted: 'Pilvestä poistetaan kaikki, mikä on tehty samalle isäntäkoneelle:',
  lost: 'Niillä oleva menetetään. Pilveltä kysytään vielä kerran, kenen ne ovat, eikä mitään poisteta, minkä jokin kirjaus omistaa.',
  not: 'Pidä ne',
}
